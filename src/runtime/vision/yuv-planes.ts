/** Planes of a picture in 8-bit planar YUV 4:2:0, limited range unless `fullRange`: what is drawn on and encoded. */
export type YuvPlanes = {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Y (width × height), U and V (half of both), rows `strides[i]` bytes apart. */
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly strides: readonly [number, number, number];
};

/** Planes of that size; an odd side is one pixel smaller. */
export function makeYuvPlanes(size: { readonly width: number; readonly height: number }): YuvPlanes {
  const width = even(size.width);
  const height = even(size.height);
  const [lumaBytes, chromaBytes] = [width * height, (width * height) / 4];
  return {
    width,
    height,
    planes: [new Uint8Array(lumaBytes), new Uint8Array(chromaBytes), new Uint8Array(chromaBytes)],
    strides: [width, width / 2, width / 2],
  };
}

function even(side: number): number {
  return Math.max(2, Math.floor(side / 2) * 2);
}
