import { isOfInterest, type RegionsOfInterest } from '../../algo/index.js';
import type { FrameInfo } from '../../base/index.js';

type BoxOfThing = { readonly xmin: number; readonly xmax: number; readonly ymax: number };

/**
 * A result without the things that stand outside of the algo's regions: those whose box has the middle of its lower edge there, where a
 * thing touches the ground. A result that is no list, and parts of it that have no box, stay as they are.
 */
export function keepInRegions(result: unknown, areas: RegionsOfInterest, frame: Pick<FrameInfo, 'width' | 'height'>): unknown {
  if (areas.regions.length === 0 || !Array.isArray(result)) return result;
  return result.filter((part: unknown) => {
    const box = boxOf(part);
    // the lowest row of pixels that the box has: its edge may be the frame's, which is in no polygon
    return box === undefined || isOfInterest(areas, (box.xmin + box.xmax) / 2 / frame.width, (box.ymax - 0.5) / frame.height);
  });
}

function boxOf(part: unknown): BoxOfThing | undefined {
  const box: unknown = typeof part === 'object' && part !== null && 'box' in part ? part.box : undefined;
  if (typeof box !== 'object' || box === null) return undefined;
  const { xmin, xmax, ymax } = box as Partial<Record<keyof BoxOfThing, unknown>>;
  return [xmin, xmax, ymax].every((side) => Number.isFinite(side)) ? (box as BoxOfThing) : undefined;
}
