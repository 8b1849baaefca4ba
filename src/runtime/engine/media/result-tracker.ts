import { Tracker } from '../../vision/index.js';

/** What of a result is followed. Other fields stay as they are. */
type Thing = { readonly label: string; readonly score: number; readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number } };

/** Numbers the things in an algo's results, run after run: the same thing gets the same `trackId`. */
export class ResultTracker {
  readonly #tracker = new Tracker();
  readonly #classes = new Map<string, number>();

  /** The result of the run at `atSec` seconds with `trackId` added; unchanged where it is no list, parts of it unchanged that are no things. */
  follow(result: unknown, atSec: number): unknown {
    if (!Array.isArray(result)) return result;
    const things = result.filter(isThing);
    const ids = this.#tracker.update(things.map((thing) => this.#boxOf(thing)), atSec);
    const idOf = new Map(things.map((thing, i) => [thing, ids[i]]));
    return result.map((part: unknown) => {
      const trackId = idOf.get(part as Thing);
      return trackId === undefined ? part : { ...(part as Thing), trackId };
    });
  }

  reset(): void {
    this.#tracker.reset();
  }

  #boxOf({ label, score, box }: Thing): Parameters<Tracker['update']>[0][number] {
    const known = this.#classes.get(label) ?? this.#classes.size;
    this.#classes.set(label, known);
    return { x1: box.xmin, y1: box.ymin, x2: box.xmax, y2: box.ymax, score, classId: known };
  }
}

function isThing(part: unknown): part is Thing {
  if (typeof part !== 'object' || part === null) return false;
  const { label, score, box } = part as Partial<Record<keyof Thing, unknown>>;
  if (typeof label !== 'string' || !Number.isFinite(score) || typeof box !== 'object' || box === null) return false;
  const { xmin, ymin, xmax, ymax } = box as Partial<Record<keyof Thing['box'], unknown>>;
  return [xmin, ymin, xmax, ymax].every((side) => Number.isFinite(side));
}
