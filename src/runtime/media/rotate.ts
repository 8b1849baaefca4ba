import type { Region } from '../vision/index.js';

/** Degrees clockwise. */
export type Rotation = 0 | 90 | 180 | 270;

type Samples = Uint8Array | Float32Array;

/** Samples in rows: `width` × `height` pixels of `channels` samples each, rows `stride` samples apart. */
export type Raster<T extends Samples> = {
  readonly data: T;
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly stride: number;
};

/** How to walk over a raster so that it comes out turned: sample (x, y) of the result lies at start + x × dx + y × dy. */
export type Walk = { readonly start: number; readonly dx: number; readonly dy: number; readonly width: number; readonly height: number };

/** The walk over `raster` that turns it clockwise by `rotation`; width and height are the result's. */
export function walkRotated({ width, height, channels, stride }: Omit<Raster<Samples>, 'data'>, rotation: Rotation): Walk {
  const lastRow = (height - 1) * stride;
  const lastColumn = (width - 1) * channels;
  switch (rotation) {
    case 0:
      return { start: 0, dx: channels, dy: stride, width, height };
    case 90:
      return { start: lastRow, dx: -stride, dy: channels, width: height, height: width };
    case 180:
      return { start: lastRow + lastColumn, dx: -channels, dy: -stride, width, height };
    case 270:
      return { start: lastColumn, dx: stride, dy: -channels, width: height, height: width };
  }
}

/** Where a part of a picture of `size` lies once the picture is turned clockwise by `rotation`. */
export function turnRegion(region: Region, size: { readonly width: number; readonly height: number }, rotation: Rotation): Region {
  const { x, y, width, height } = region;
  const [right, bottom] = [size.width - x - width, size.height - y - height];
  switch (rotation) {
    case 0:
      return region;
    case 90:
      return { x: bottom, y: x, width: height, height: width };
    case 180:
      return { x: right, y: bottom, width, height };
    case 270:
      return { x: y, y: right, width: height, height: width };
  }
}

/** Copies `raster`, turned clockwise by `rotation`, into `target`, whose rows are `stride` samples apart. */
export function copyRotated<T extends Samples>(raster: Raster<T>, rotation: Rotation, target: { readonly data: T; readonly stride: number }): void {
  const { data, channels } = raster;
  const walk = walkRotated(raster, rotation);
  if (rotation === 0 && raster.stride === target.stride && walk.width * channels === target.stride) {
    target.data.set(data.subarray(0, walk.height * target.stride));
    return;
  }
  for (let y = 0; y < walk.height; y += 1) {
    const from = walk.start + y * walk.dy;
    const to = y * target.stride;
    if (rotation === 0) target.data.set(data.subarray(from, from + walk.width * channels), to);
    else copyRow({ data, from, step: walk.dx, channels, count: walk.width }, target.data, to);
  }
}

type Row = { readonly data: Samples; readonly from: number; readonly step: number; readonly channels: number; readonly count: number };

function copyRow({ data, from, step, channels, count }: Row, target: Samples, to: number): void {
  for (let x = 0; x < count; x += 1) {
    for (let c = 0; c < channels; c += 1) target[to + x * channels + c] = data[from + x * step + c] as number;
  }
}
