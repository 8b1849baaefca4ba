import type { FrameInfo } from '../../base/index.js';

/** In parts of the frame's width and height from its top left, 0…1. */
export type Place = { readonly x: number; readonly y: number };

type BoxOfThing = { readonly xmin: number; readonly xmax: number; readonly ymax: number };

/** Where a thing touches the ground: the middle of its box's lower edge; undefined for a part of a result that has no box. */
export function standingPlace(part: unknown, frame: Pick<FrameInfo, 'width' | 'height'>): Place | undefined {
  const box = boxOf(part);
  // the lowest row of pixels that the box has: its edge may be the frame's, which is in no polygon
  return box && { x: (box.xmin + box.xmax) / 2 / frame.width, y: (box.ymax - 0.5) / frame.height };
}

function boxOf(part: unknown): BoxOfThing | undefined {
  const box: unknown = typeof part === 'object' && part !== null && 'box' in part ? part.box : undefined;
  if (typeof box !== 'object' || box === null) return undefined;
  const { xmin, xmax, ymax } = box as Partial<Record<keyof BoxOfThing, unknown>>;
  return [xmin, xmax, ymax].every((side) => Number.isFinite(side)) ? (box as BoxOfThing) : undefined;
}
