import { boxArea, type Box, clipBox } from './box.js';

type Size = { readonly width: number; readonly height: number };

/** A rectangle in a picture, in its pixels. */
export type Region = Size & { readonly x: number; readonly y: number };

/** How a thing is cut out. */
export type CropLimits = {
  /** Pixels that the shorter side of its box has at least. */
  readonly minSize: number;
  /** What is added on each side, in parts of the box's width or height. */
  readonly padding: number;
};

/** What a box takes of a frame. */
export type BoxCrop = {
  /** Whole pixels within the frame. */
  readonly region: Region;
  /** Square pixels of the box itself, as far as it lies in the frame. */
  readonly area: number;
};

/** The part of the frame to be cut out for a box; undefined where the box is none, lies outside or is too small. */
export function cropOfBox(box: Box, frame: Size, { minSize, padding }: CropLimits): BoxCrop | undefined {
  const inside = clipBox(box, frame);
  const [width, height] = [inside.x2 - inside.x1, inside.y2 - inside.y1];
  if (!(Math.min(width, height) >= minSize && width > 0 && height > 0)) return undefined;
  const x = Math.max(0, Math.floor(inside.x1 - padding * width));
  const y = Math.max(0, Math.floor(inside.y1 - padding * height));
  const right = Math.min(frame.width, Math.ceil(inside.x2 + padding * width));
  const bottom = Math.min(frame.height, Math.ceil(inside.y2 + padding * height));
  return { region: { x, y, width: right - x, height: bottom - y }, area: boxArea(inside) };
}
