import type { Color, Ink } from './palette.js';

/** Whole pixels; `right` and `bottom` are the first ones outside. */
export type PixelRect = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

/** How much of a tint's colour is in what comes out, of 256: what is below stays to be seen. */
export const TINT = 102;

/** `value` with the tint's colour mixed in, both 0…255. */
export function tinted(value: number, color: number): number {
  return (value * (256 - TINT) + color * TINT + 128) >> 8;
}

/**
 * A picture that can be drawn into, whatever its pixels look like in memory. Rectangles come clipped: they lie within
 * the picture and hold at least one pixel.
 */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Fills the rectangle. */
  fill(rect: PixelRect, color: Color): void;
  /** Mixes the colour into the rectangle's pixels, `TINT` parts of 256. */
  tint(rect: PixelRect, color: Color): void;
  /** Fills a rectangle of a letter, on a ground of one colour. */
  write(rect: PixelRect, ink: Ink): void;
}
