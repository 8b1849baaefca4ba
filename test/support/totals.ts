import assert from 'node:assert/strict';

import type { AlgoPlan, AlgoResult, StreamPlan, StreamTotals } from '../../dist/runtime/base/index.js';
import { countBefore, isDue, offlineCadence } from '../../dist/runtime/schedule/index.js';

/** What a test knows of what was played. */
export type PlayedFacts = {
  readonly results: readonly AlgoResult[];
  /** Frames a second that were delivered. */
  readonly fps: number;
  /** Frames that the source has from where playing began, where all of them were played. */
  readonly frames?: number;
  /** Offline, of a stream that jumped: the position, in seconds, at which each epoch began, by epoch; `watcher` then names an algo that ran on every delivered frame. */
  readonly jumps?: { readonly positions: ReadonlyMap<number, number>; readonly watcher: string };
  /** Algos that were told something meanwhile, or that run on crops: when they are due cannot be told from outside. */
  readonly unforeseen?: ReadonlySet<string>;
};

type Algos = StreamTotals['algos'];

export function sum(counts: Readonly<Record<string, number>> = {}): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** Runs and turns without one, together. */
export function turnsOf(algos: Algos, name: string): number {
  const { runs, skipped } = algos[name] ?? assert.fail(`no totals of ${name}`);
  return runs + sum(skipped);
}

/** Fails unless every frame and every due run of the stream is accounted for. */
export function assertTotals(totals: StreamTotals, plan: StreamPlan, facts: PlayedFacts): void {
  assertFrames(totals.frames, facts.frames);
  for (const algo of plan.algos) {
    const { runs, skipped } = totals.algos[algo.name] ?? assert.fail(`no totals of ${algo.name}`);
    assert.equal(facts.results.filter(({ algoId }) => algoId === algo.id).length, runs, `results of ${algo.name}`);
    for (const [cause, count] of Object.entries(skipped)) assert.ok(count > 0, `${algo.name}: ${String(count)} ${cause}`);
    const due = dueRuns(algo, plan, { totals, facts });
    if (due !== undefined) assert.equal(turnsOf(totals.algos, algo.name), due, `turns of ${algo.name}: ${JSON.stringify(totals.algos[algo.name])} of ${JSON.stringify(totals.frames)}`);
  }
}

function assertFrames(frames: StreamTotals['frames'], all: number | undefined): void {
  const { decoded, skipped, thinned, delivered, converted, dropped } = frames;
  const text = JSON.stringify(frames);
  const { late = 0, network = 0, decode = 0, ...others } = dropped;
  assert.deepEqual(others, {}, text);
  for (const count of [decoded, skipped, thinned, delivered, converted, late, network, decode]) assert.ok(Number.isInteger(count) && count >= 0, text);
  assert.equal(decoded + skipped, delivered + thinned + late, text);
  assert.ok(converted <= delivered, text);
  if (all !== undefined) assert.equal(delivered + thinned + late, all, text);
}

/** How often the algo was due, worked out from the frames delivered; undefined where that cannot be known. */
function dueRuns(algo: AlgoPlan, plan: StreamPlan, { totals, facts }: { readonly totals: StreamTotals; readonly facts: PlayedFacts }): number | undefined {
  const { fps, jumps, results, unforeseen } = facts;
  if (unforeseen?.has(algo.name) || 'crops' in algo && algo.crops !== undefined) return undefined;
  const { delivered } = totals.frames;
  // every frame brings a turn, where a window is full with the first one
  if (plan.mode === 'realtime') return algo.interval === 0 && algo.frameCount === 1 && algo.frameStep <= 1 ? delivered : undefined;
  const cadence = offlineCadence(algo.interval, fps);
  const dueOf = (frames: number, position: number): number => {
    const before = countBefore(position, fps);
    return Array.from({ length: frames }, (_, k) => before + k + 1).filter((count) => isDue(cadence, count)).length;
  };
  if (jumps === undefined) return dueOf(delivered, plan.source.position);
  const watched = results.filter(({ algo: name }) => name === jumps.watcher);
  let due = 0;
  for (const [epoch, position] of jumps.positions) due += dueOf(watched.filter(({ stream }) => stream.epoch === epoch).length, position);
  return due;
}
