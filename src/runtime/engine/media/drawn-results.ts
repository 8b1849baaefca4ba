import { type AlgoPlan, type AlgoResult, cropsOf } from '../../base/index.js';
import type { Thing } from './things.js';

/** What is drawn of an algo. */
export type DrawnResult = Pick<AlgoResult, 'algo' | 'algoId' | 'result'>;

/**
 * The newest results of the algos to be drawn. An algo on crops repeats the things of the algo before it: where that is drawn too,
 * they are drawn once, with the parts of both. Where its own result is of an earlier frame, things keep their parts by `trackId`.
 */
export function drawnResults(latest: readonly AlgoResult[], algos: readonly AlgoPlan[]): DrawnResult[] {
  const known = new Set(latest.map(({ algoId }) => algoId));
  const parents = new Map(algos.map((algo) => [algo.id, cropsOf(algo)?.of]));
  const isDrawnWith = (id: string, { algoId }: AlgoResult): boolean => parents.get(algoId) === id;
  const whole = (result: AlgoResult): AlgoResult =>
    latest.filter((next) => isDrawnWith(result.algoId, next)).reduce((drawn, next) => ({ ...drawn, result: merged(drawn, whole(next)) }), result);
  return latest.filter(({ algoId }) => !known.has(parents.get(algoId) ?? '')).map(whole);
}

function merged(before: AlgoResult, next: AlgoResult): unknown {
  if (!Array.isArray(before.result) || !Array.isArray(next.result)) return before.result;
  const partsOf = isOfSameFrame(before, next) ? byPlace(next.result) : byTrack(next.result);
  return before.result.map((item: unknown, i) => {
    const parts = partsOf(item, i);
    return parts === undefined ? item : { ...(item as Thing), parts: { ...(item as Thing).parts, ...parts } };
  });
}

type Parts = Thing['parts'];

function byPlace(list: readonly unknown[]): (item: unknown, i: number) => Parts {
  return (_item, i) => (list[i] as Partial<Thing> | null)?.parts;
}

function byTrack(list: readonly unknown[]): (item: unknown) => Parts {
  const known = new Map<unknown, Parts>();
  for (const item of list) {
    const { trackId, parts } = (item ?? {}) as Partial<Thing>;
    if (trackId !== undefined) known.set(trackId, parts);
  }
  return (item) => known.get((item as Partial<Thing> | null)?.trackId);
}

function isOfSameFrame(a: AlgoResult, b: AlgoResult): boolean {
  return a.frame.index === b.frame.index && a.stream.epoch === b.stream.epoch;
}
