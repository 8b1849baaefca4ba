import type { Color, Ink } from './palette.js';

/** Whole pixels; `right` and `bottom` are the first ones outside. */
export type PixelRect = { readonly left: number; readonly top: number; readonly right: number; readonly bottom: number };

/**
 * A picture that can be drawn into, whatever its pixels look like in memory. Rectangles come clipped: they lie within
 * the picture and hold at least one pixel.
 */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  /** Fills the rectangle. */
  fill(rect: PixelRect, color: Color): void;
  /** Fills a rectangle of a letter, on a ground of one colour. */
  write(rect: PixelRect, ink: Ink): void;
}
