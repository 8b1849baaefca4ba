import { isInside } from '../../algo/index.js';
import type { AlgoPlan, Detection, FrameInfo, Line, Zone } from '../../base/index.js';
import { isTrackKept } from '../../vision/index.js';
import { type Place, standingPlace } from './standing-place.js';

type Areas = { readonly zones: readonly Zone[]; readonly lines: readonly Line[] };
type Crossing = NonNullable<Detection['crossed']>[number];
/** Where a track was seen last. */
type Seen = { readonly place: Place; readonly seenAtSec: number; missed: number };

/** Says of the things in an algo's results, run after run, which of its zones they stand in and which of its lines they have crossed. */
export class ZoneWatch {
  readonly #areas: Areas;
  readonly #seen = new Map<number, Seen>();

  private constructor(areas: Areas) {
    this.#areas = areas;
  }

  /** Undefined for an algo without zones and lines. */
  static of({ zones, lines }: AlgoPlan): ZoneWatch | undefined {
    return zones.length === 0 && lines.length === 0 ? undefined : new ZoneWatch({ zones, lines });
  }

  /** The result at `frame` with `zones` and `crossed` added to its things; unchanged where it is no list, parts of it unchanged that have no box. */
  watch(result: unknown, frame: Pick<FrameInfo, 'width' | 'height' | 'ptsUs'>): unknown {
    if (!Array.isArray(result)) return result;
    const atSec = frame.ptsUs / 1e6;
    for (const seen of this.#seen.values()) seen.missed += 1;
    const watched = result.map((part: unknown) => {
      const place = standingPlace(part, frame);
      return place === undefined ? part : { ...(part as object), ...this.#zonesAt(place), ...this.#crossings(part, place, atSec) };
    });
    for (const [trackId, seen] of this.#seen) if (!isTrackKept(seen, atSec)) this.#seen.delete(trackId);
    return watched;
  }

  /** Time has jumped: where things were says nothing of what they have crossed. */
  reset(): void {
    this.#seen.clear();
  }

  #zonesAt({ x, y }: Place): Pick<Detection, 'zones'> {
    const { zones } = this.#areas;
    return zones.length === 0 ? {} : { zones: zones.filter(({ polygon }) => isInside(polygon, x, y)).map(({ name }) => name) };
  }

  #crossings(part: unknown, place: Place, atSec: number): Pick<Detection, 'crossed'> {
    const { lines } = this.#areas;
    if (lines.length === 0) return {};
    const { trackId } = part as { readonly trackId?: number };
    // what is not followed comes from nowhere
    if (trackId === undefined) return { crossed: [] };
    const before = this.#seen.get(trackId)?.place;
    this.#seen.set(trackId, { place, seenAtSec: atSec, missed: 0 });
    return { crossed: before === undefined ? [] : lines.flatMap((line) => crossingOf(line, before, place) ?? []) };
  }
}

/**
 * Whether the way between two places crosses a line: each one's ends lie on different sides of the other. A place on the line counts
 * as left of it, so that who comes to stand there and goes on has crossed it once.
 */
function crossingOf({ name, from, to }: Line, before: Place, now: Place): Crossing | undefined {
  const [start, end] = [{ x: from[0], y: from[1] }, { x: to[0], y: to[1] }];
  const wasRight = side(start, end, before) > 0;
  const isRight = side(start, end, now) > 0;
  if (wasRight === isRight || side(before, now, start) > 0 === side(before, now, end) > 0) return undefined;
  return { line: name, direction: isRight ? 'in' : 'out' };
}

/** Above 0: `place` is to the right of the way from `a` to `b`, as it is seen in a picture, whose y axis points down; 0: on it. */
function side(a: Place, b: Place, place: Place): number {
  return (b.x - a.x) * (place.y - a.y) - (b.y - a.y) * (place.x - a.x);
}
