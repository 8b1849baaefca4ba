import type { Point } from '../../../vision/index.js';

/** Packed pixels of three channels. */
export type ColourPicture = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** Planes of a tensor, one after the other, and where in them the piece goes. Value = (pixel × scale − mean[c]) ÷ std[c]. */
export type SampleTarget = {
  readonly floats: Float32Array;
  /** Index of the piece's first number in the first plane. */
  readonly start: number;
  readonly rowLength: number;
  readonly planeLength: number;
  readonly width: number;
  readonly height: number;
  /** The picture's channel of each plane. */
  readonly channels: readonly number[];
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
};

/** A parallelogram of the picture in its pixels: the piece's upper left corner, and the two beside it. */
export type Piece = { readonly origin: Point; readonly right: Point; readonly down: Point };

/** Draws a piece of the picture, scaled and turned bilinearly, centres on centres; beside the picture its border goes on. */
export function samplePicture(picture: ColourPicture, { origin, right, down }: Piece, target: SampleTarget): void {
  const { width, height } = target;
  const across = { x: (right.x - origin.x) / width, y: (right.y - origin.y) / width };
  const below = { x: (down.x - origin.x) / height, y: (down.y - origin.y) / height };
  for (let row = 0; row < height; row++) {
    // the centre of the row's first pixel, from the centre of the picture's
    let x = origin.x + (row + 0.5) * below.x + across.x / 2 - 0.5;
    let y = origin.y + (row + 0.5) * below.y + across.y / 2 - 0.5;
    for (let column = 0, at = target.start + row * target.rowLength; column < width; column++, at++, x += across.x, y += across.y) {
      samplePixel(picture, clamp(x, picture.width - 1), clamp(y, picture.height - 1), { target, at });
    }
  }
}

function samplePixel({ width, height, data }: ColourPicture, x: number, y: number, { target, at }: { readonly target: SampleTarget; readonly at: number }): void {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [partX, partY] = [x - left, y - top];
  const stepX = left + 1 < width ? 3 : 0;
  const stepY = top + 1 < height ? width * 3 : 0;
  const pixel = (top * width + left) * 3;
  for (let plane = 0; plane < 3; plane++) {
    const from = pixel + (target.channels[plane] as number);
    const upper = mix(data[from] as number, data[from + stepX] as number, partX);
    const lower = mix(data[from + stepY] as number, data[from + stepY + stepX] as number, partX);
    target.floats[plane * target.planeLength + at] = (mix(upper, lower, partY) * target.scale - (target.mean[plane] as number)) / (target.std[plane] as number);
  }
}

function mix(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(0, value));
}
