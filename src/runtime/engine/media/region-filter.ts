import { isOfInterest, type RegionsOfInterest } from '../../algo/index.js';
import type { FrameInfo } from '../../base/index.js';
import { standingPlace } from './standing-place.js';

/**
 * A result without the things that stand outside of the algo's regions. A result that is no list, and parts of it that have no box, stay
 * as they are.
 */
export function keepInRegions(result: unknown, areas: RegionsOfInterest, frame: Pick<FrameInfo, 'width' | 'height'>): unknown {
  if (areas.regions.length === 0 || !Array.isArray(result)) return result;
  return result.filter((part: unknown) => {
    const place = standingPlace(part, frame);
    return place === undefined || isOfInterest(areas, place.x, place.y);
  });
}
