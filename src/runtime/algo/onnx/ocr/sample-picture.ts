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
  const step = { x: (right.x - origin.x) / width, y: (right.y - origin.y) / width };
  const below = { x: (down.x - origin.x) / height, y: (down.y - origin.y) / height };
  for (let row = 0; row < height; row++) {
    // the centre of the row's first pixel, from the centre of the picture's
    const from = { x: origin.x + (row + 0.5) * below.x + step.x / 2 - 0.5, y: origin.y + (row + 0.5) * below.y + step.y / 2 - 0.5 };
    sampleRow(picture, { from, step }, { ...target, start: target.start + row * target.rowLength });
  }
}

function sampleRow({ width, height, data }: ColourPicture, { from, step }: { readonly from: Point; readonly step: Point }, target: SampleTarget): void {
  const { floats, planeLength, channels, scale, mean, std } = target;
  for (let column = 0; column < target.width; column++) {
    const x = clamp(from.x + column * step.x, width - 1);
    const y = clamp(from.y + column * step.y, height - 1);
    const [left, top] = [Math.floor(x), Math.floor(y)];
    const pixel = (top * width + left) * 3;
    const stepX = left + 1 < width ? 3 : 0;
    const stepY = top + 1 < height ? width * 3 : 0;
    for (let plane = 0; plane < 3; plane++) {
      const at = pixel + (channels[plane] as number);
      const upper = mix(data[at] as number, data[at + stepX] as number, x - left);
      const lower = mix(data[at + stepY] as number, data[at + stepY + stepX] as number, x - left);
      floats[plane * planeLength + target.start + column] = (mix(upper, lower, y - top) * scale - (mean[plane] as number)) / (std[plane] as number);
    }
  }
}

function mix(a: number, b: number, part: number): number {
  return a + (b - a) * part;
}

function clamp(value: number, limit: number): number {
  return Math.min(limit, Math.max(0, value));
}
