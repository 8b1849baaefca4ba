/** Planes of a picture in 8-bit planar YUV 4:2:0, limited range unless `fullRange`: what is drawn on and encoded. */
export type YuvPlanes = {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Y (width × height), U and V (half of both), rows `strides[i]` bytes apart. */
  readonly planes: readonly [Uint8Array, Uint8Array, Uint8Array];
  readonly strides: readonly [number, number, number];
};
