/** A box in pixels, floats, max outside. Empty when a maximum is not above its minimum. */
export type Box = { readonly x1: number; readonly y1: number; readonly x2: number; readonly y2: number };

/** Square pixels; 0 for an empty box. */
export function boxArea(box: Box): number {
  const width = box.x2 - box.x1;
  const height = box.y2 - box.y1;
  return width > 0 && height > 0 ? width * height : 0;
}

/** Intersection over union, 0…1; 0 when either box is empty. */
export function iou(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  if (!(width > 0)) return 0;
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (!(height > 0)) return 0;
  const intersection = width * height;
  const union = boxArea(a) + boxArea(b) - intersection;
  return union > 0 ? intersection / union : 0;
}

/** The part of `box` within a frame of that size; empty where there is none. */
export function clipBox(box: Box, frame: { readonly width: number; readonly height: number }): Box {
  return clipToBox(box, { x1: 0, y1: 0, x2: frame.width, y2: frame.height });
}

/** The part of `box` within `bounds`; empty where there is none. */
export function clipToBox(box: Box, bounds: Box): Box {
  return {
    x1: clamp(box.x1, bounds.x1, bounds.x2),
    y1: clamp(box.y1, bounds.y1, bounds.y2),
    x2: clamp(box.x2, bounds.x1, bounds.x2),
    y2: clamp(box.y2, bounds.y1, bounds.y2),
  };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
