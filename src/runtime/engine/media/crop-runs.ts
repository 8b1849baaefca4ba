import { isDeepStrictEqual } from 'node:util';

import { type AlgoPlan, cropsOf, type CropsOptions, StreamInferError } from '../../base/index.js';
import type { Stage } from '../../media/index.js';
import { CropSchedule } from '../../schedule/index.js';
import { cropOfBox, isTrackKept, type Region } from '../../vision/index.js';
import type { DeliveredFrame } from './delivered-frame.js';
import { gaveNothing, type KnownTurn } from './known-results.js';
import type { LaneHandle, LaneOutcome } from './lane-handle.js';
import type { RunCosts } from './stream-costs.js';
import { type Thing, thingsIn, withParts } from './things.js';

/** Times the area of a box at its last run: the crop shows so much more that it is worth another one. */
const GROWN = 1.5;

/** What a run works on: the frames of its window, oldest first; or one frame, and what the algo before has found in it. */
export type Work = {
  readonly frames: readonly DeliveredFrame[];
  readonly found?: unknown;
  /** Absent: it is run. */
  readonly known?: KnownTurn | undefined;
};

/** A thing that may be run on. */
type Candidate = { readonly thing: Thing; readonly region: Region; readonly area: number };

/** What was given for a track, and how large it was then. */
type Kept = { readonly part: unknown; readonly area: number; seenAtSec: number; missed: number };

/** An algo's runs on what the algo before it has found: at which of its results, on which things, and what becomes of what it gives. */
export class CropRuns {
  readonly schedule: CropSchedule;
  readonly #lane: LaneHandle;
  readonly #options: CropsOptions;
  readonly #path: readonly string[];
  /** By track, where things are not run on again and again. */
  readonly #kept = new Map<number, Kept>();
  #newest: Work | undefined;
  #tail: Promise<unknown> = Promise.resolve();

  /** `algos` are all of the stream's. */
  constructor(lane: LaneHandle, options: CropsOptions, algos: readonly AlgoPlan[]) {
    this.#lane = lane;
    this.#options = options;
    this.#path = pathOf(lane.plan, algos);
    this.schedule = new CropSchedule(lane.plan);
  }

  /** Id of the algo before it. */
  get of(): string {
    return this.#options.of;
  }

  /** What that algo has found last, where it was seen; held here. */
  get newest(): Work | undefined {
    return this.#newest;
  }

  /** Realtime: that algo has found something. */
  see(newest: Work | undefined): void {
    for (const frame of newest?.frames ?? []) frame.retain();
    for (const frame of this.#newest?.frames ?? []) frame.release();
    this.#newest = newest;
  }

  /** Does `work` after what was to be done before, so that offline frames, jumps in time and commands keep their order. */
  inOrder<T>(work: () => T | Promise<T>): Promise<T> {
    const done = this.#tail.then(work);
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Time has jumped, frames come at `fps` a second: nothing is known of things seen before. */
  reset(fps: number): void {
    this.see(undefined);
    void this.inOrder(() => {
      this.schedule.reset(fps);
      this.#kept.clear();
    });
  }

  /** Resolves with `found`, and what the algo gave nested in it. The frame is held until then. Rejects where one of the runs does. */
  async run({ frames, found, known }: Work, stage: Stage): Promise<LaneOutcome> {
    if (known === 'gave-nothing') throw gaveNothing(this.#lane.plan);
    const frame = frames.at(-1) as DeliveredFrame;
    const list = listOf(found, this.#lane.plan.name);
    const things = thingsIn(list, this.#path);
    const chosen = this.#choose(things, frame);
    const knownParts = known && this.#partsIn(known.result, things);
    const isKnown = knownParts !== undefined && chosen.every(({ thing }) => knownParts.has(thing));
    const outcomes = isKnown ? [] : await this.#lane.runCrops(frame, chosen.map(({ region }) => region), stage);
    const given = new Map<unknown, unknown>(chosen.map(({ thing }, i) => [thing, isKnown ? knownParts.get(thing) : outcomes[i]?.result]));
    if (this.#options.rerun === 'new') this.#keep({ things, chosen, given }, frame.info.ptsUs / 1e6);
    return { result: withParts(list, this.#path, { name: this.#lane.plan.name, given }), ...costsOf(outcomes) };
  }

  /** What was given for these things before; undefined: it was for others, as an algo before this one gives not the same each time. */
  #partsIn(result: unknown, things: readonly Thing[]): Map<Thing, unknown> | undefined {
    const { name } = this.#lane.plan;
    const before = Array.isArray(result) ? thingsIn(result, this.#path) : [];
    if (before.length !== things.length || !things.every(({ box }, i) => isDeepStrictEqual(before[i]?.box, box))) return undefined;
    return new Map(things.flatMap((thing, i) => {
      const parts = before[i]?.parts;
      return parts !== undefined && name in parts ? [[thing, parts[name]] as const] : [];
    }));
  }

  #choose(things: readonly Thing[], { info }: DeliveredFrame): Candidate[] {
    const { labels, most } = this.#options;
    return things
      .filter(({ label }) => labels.length === 0 || (typeof label === 'string' && labels.includes(label)))
      .flatMap((thing) => {
        const { xmin, ymin, xmax, ymax } = thing.box;
        const crop = cropOfBox({ x1: xmin, y1: ymin, x2: xmax, y2: ymax }, info, this.#options);
        return crop === undefined ? [] : [{ thing, ...crop }];
      })
      .filter((candidate) => this.#isWorthIt(candidate))
      .slice(0, most);
  }

  #isWorthIt({ thing: { trackId }, area }: Candidate): boolean {
    if (this.#options.rerun === 'always') return true;
    if (typeof trackId !== 'number') return false;
    const kept = this.#kept.get(trackId);
    return kept === undefined || area >= GROWN * kept.area;
  }

  /** Remembers what was given, adds what is remembered of the other things, forgets tracks that are gone. */
  #keep({ things, chosen, given }: { things: readonly Thing[]; chosen: readonly Candidate[]; given: Map<unknown, unknown> }, atSec: number): void {
    for (const kept of this.#kept.values()) kept.missed += 1;
    for (const { thing, area } of chosen) this.#kept.set(thing.trackId as number, { part: given.get(thing), area, seenAtSec: atSec, missed: 0 });
    for (const thing of things) {
      const kept = this.#kept.get(thing.trackId as number);
      if (kept === undefined) continue;
      kept.seenAtSec = atSec;
      kept.missed = 0;
      given.set(thing, kept.part);
    }
    for (const [trackId, kept] of this.#kept) if (!isTrackKept(kept, atSec)) this.#kept.delete(trackId);
  }
}

/** Names of the algos on crops that lead to the things that `algo` runs on, from the first on. */
function pathOf(algo: AlgoPlan, algos: readonly AlgoPlan[]): string[] {
  const parent = algos.find(({ id }) => id === cropsOf(algo)?.of);
  return parent === undefined || cropsOf(parent) === undefined ? [] : [...pathOf(parent, algos), parent.name];
}

function listOf(found: unknown, name: string): readonly unknown[] {
  if (Array.isArray(found) && (found.length === 0 || found.some((item) => typeof item === 'object' && item !== null && 'box' in item))) return found;
  throw new StreamInferError('ALGO_RUN_FAILED', `${name}: expected a list of things with a box from the algo before it; let it run on the whole frame, or behind a detector`);
}

/** Of all crops of a frame together. A run that took several at once is shared out between them. */
export function costsOf(outcomes: readonly LaneOutcome[]): Pick<LaneOutcome, 'inferenceMs' | 'costs'> {
  const [first] = outcomes;
  if (first === undefined) return { inferenceMs: 0 };
  const sum = (ms: (outcome: LaneOutcome) => number): number => outcomes.reduce((total, outcome) => total + ms(outcome), 0);
  const shared = (cost: keyof RunCosts): number => sum(({ costs, windows = 1 }) => (costs?.[cost] ?? 0) / windows);
  return {
    inferenceMs: sum(({ inferenceMs, windows = 1 }) => inferenceMs / windows),
    costs: {
      convert: sum(({ costs }) => costs?.convert ?? 0),
      inference: shared('inference'),
      ...(first.costs?.wait !== undefined && { wait: first.costs.wait }),
      ...(first.costs?.postprocess !== undefined && { postprocess: shared('postprocess') }),
      ...(first.costs?.age !== undefined && { age: first.costs.age }),
    },
  };
}
