import { type AlgoResult, type Clock, fromWire, makeDeferred, type StreamEvent, type StreamPlan, type StreamTotals } from '../../base/index.js';
import { type Engine, openEngineClient } from '../../engine/index.js';
import type { Load } from './search.js';

/** What a trial has measured. */
export type Trial = Load & {
  /** Milliseconds: of the model's runs half took no longer, and of 100 frames 99 were no older when their result came. */
  readonly inferenceMs: number;
  readonly latencyMs: number;
};

export type TrialOptions = {
  /** Realtime. Played several times, each with an id and a source of its own. */
  readonly plan: StreamPlan;
  /** Seconds of the source, over which the streams' positions are spread, so that they do not all see the same. */
  readonly duration: number;
  /** Cores that the engine may use. */
  readonly cores: number;
  /** Seconds that are measured, once all streams play. */
  readonly seconds: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

/** Seconds from the last stream's first result until what they take is as it stays. */
const SETTLE_SEC = 2;

/**
 * Plays that many streams in an engine of their own, and measures it. Rejects with what one of them failed with, and with
 * the signal's reason.
 */
export async function playTrial(options: TrialOptions, streams: number): Promise<Trial> {
  const watch = new Watch(streams);
  const engine = await openEngineClient({ threads: options.cores }, {
    onResult: (result) => { watch.onResult(result); },
    onEvent: (event) => { watch.onEvent(event); },
  });
  const abort = (): void => { watch.fail(options.signal.reason); };
  options.signal.addEventListener('abort', abort);
  try {
    options.signal.throwIfAborted();
    return await Promise.race([watch.failure, measure(engine, { options, streams, watch })]);
  } finally {
    options.signal.removeEventListener('abort', abort);
    await engine.destroy();
  }
}

async function measure(engine: Engine, { options, streams, watch }: { readonly options: TrialOptions; readonly streams: number; readonly watch: Watch }): Promise<Trial> {
  const { clock, signal, seconds, cores } = options;
  const ids = Array.from({ length: streams }, (_, n) => `stream-${n + 1}`);
  for (const [n, id] of ids.entries()) {
    await engine.start(planOf(options, { id, part: n / streams }));
    // cameras do not see their frames at the same moment either
    await clock.sleep(apartMs(options.plan, streams), signal);
  }
  await watch.allRun;
  await clock.sleep(SETTLE_SEC * 1000, signal);
  const before = await lookAt(engine, ids, clock);
  watch.begin();
  await clock.sleep(seconds * 1000, signal);
  const after = await lookAt(engine, ids, clock);
  return {
    ...runsBetween(before, after),
    cpuPercent: (100 * (after.cpuSeconds - before.cpuSeconds) * 1000) / (after.atMs - before.atMs) / cores,
    memoryBytes: after.memoryBytes,
    ...watch.times(),
  };
}

function planOf({ plan, duration }: TrialOptions, { id, part }: { readonly id: string; readonly part: number }): StreamPlan {
  return { ...plan, id, name: id, sourceId: id, source: { ...plan.source, position: part * duration }, recorders: plan.recorders.map((recorder) => ({ ...recorder, id: `${id} ${recorder.id}` })) };
}

/** Their runs are spread over the interval, of long ones over a second. */
function apartMs({ algos }: StreamPlan, streams: number): number {
  return (1000 * Math.min(1, ...algos.map(({ interval }) => interval))) / streams;
}

type Look = { readonly atMs: number; readonly cpuSeconds: number; readonly memoryBytes: number; readonly totals: readonly StreamTotals[] };

async function lookAt(engine: Engine, ids: readonly string[], clock: Clock): Promise<Look> {
  const [usage, ...totals] = await Promise.all([engine.usage(), ...ids.map((id) => engine.totals(id))]);
  return { atMs: clock.now(), ...usage, totals };
}

function runsBetween(before: Look, after: Look): Pick<Load, 'keptPercent' | 'droppedPercent'> {
  const during = (count: (totals: StreamTotals) => number): number => total(after.totals.map(count)) - total(before.totals.map(count));
  const runs = during(({ algos }) => total(Object.values(algos).map((algo) => algo.runs)));
  const skipped = during(({ algos }) => total(Object.values(algos).flatMap((algo) => Object.values(algo.skipped))));
  const dropped = during(({ frames }) => total(Object.values(frames.dropped)));
  const frames = during((totals) => totals.frames.delivered) + dropped;
  return { keptPercent: percent(runs, runs + skipped), droppedPercent: percent(dropped, frames) };
}

function percent(part: number, whole: number): number {
  return whole === 0 ? 0 : (100 * part) / whole;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

/** What the engine tells during a trial. */
class Watch {
  readonly failure: Promise<never>;
  readonly allRun: Promise<void>;
  readonly fail: (error: unknown) => void;
  readonly #allRun = makeDeferred<undefined>();
  readonly #waiting: number;
  readonly #seen = new Set<string>();
  #timings: AlgoResult['timing'][] = [];

  constructor(streams: number) {
    const failure = makeDeferred<never>();
    this.failure = failure.promise;
    this.fail = failure.reject;
    this.#waiting = streams;
    this.allRun = this.#allRun.promise;
  }

  onResult({ streamId, timing }: AlgoResult): void {
    this.#timings.push(timing);
    this.#seen.add(streamId);
    if (this.#seen.size === this.#waiting) this.#allRun.resolve(undefined);
  }

  onEvent(event: StreamEvent): void {
    if (event.event === 'error') this.fail(fromWire(event.error));
    if (event.event === 'ended') this.fail(fromWire(event.error ?? { code: 'INTERNAL', message: 'a stream ended that loops' }));
  }

  /** What came before is not counted. */
  begin(): void {
    this.#timings = [];
  }

  times(): Pick<Trial, 'inferenceMs' | 'latencyMs'> {
    const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
    return {
      inferenceMs: quantile(sorted(this.#timings.map((timing) => timing.inferenceMs)), 0.5),
      latencyMs: quantile(sorted(this.#timings.map((timing) => timing.latencyMs)), 0.99),
    };
  }
}

/** Of numbers in order, by the nearest rank; 0 of none. */
function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? 0;
}
