import type { AlgoPlan, Clock, DurationSummary, StreamPlan, StreamTotals } from '../../runtime/index.js';
import type { Coordinator, DeployedStream } from '../../nodes/shared/coordinator.js';
import type { GuestStream } from '../../nodes/shared/guest-streams.js';
import { engineIdOf, type RunningEngine } from '../../nodes/shared/engine-pool.js';
import type { RunState } from '../../nodes/shared/stream-run.js';
import { membersOf } from '../../nodes/shared/topology.js';
import type { AlgoView, Durations, EngineView, RecorderView, StreamsAnswer, StreamState, StreamView } from './contract.js';
import { EngineLoads } from './engine-load.js';
import { shownResult, type StreamLog, StreamLogs } from './stream-log.js';

/** Milliseconds that an engine has to say what it has done; one that is busier than that is shown without. */
const PATIENCE_MS = 700;

export type ViewsOptions = {
  readonly coordinator: Pick<Coordinator, 'streams' | 'guests' | 'engines' | 'watch'>;
  readonly clock: Clock;
  /** Of a node; empty where it has none. */
  readonly nameOf: (nodeId: string) => string;
};

/** Tells how all streams and engines are, to those who look. */
export class Views {
  readonly #options: ViewsOptions;
  readonly #logs = new StreamLogs();
  readonly #loads: EngineLoads;

  constructor(options: ViewsOptions) {
    this.#options = options;
    this.#loads = new EngineLoads(options.clock);
    options.coordinator.watch((news) => { this.#logs.take(news); });
  }

  async all(): Promise<StreamsAnswer> {
    const { streams: deployed, guests, engines } = this.#options.coordinator;
    const streams = [...deployed, ...guests.all];
    this.#logs.keepOnly(new Set(streams.map(({ ref }) => ref.id)));
    this.#loads.keepOnly(new Set(engines.map(({ key }) => key)));
    return {
      streams: await Promise.all(streams.map((stream) => this.#streamView(stream))),
      engines: await Promise.all(engines.map((engine) => this.#engineView(engine))),
    };
  }

  async #streamView(stream: DeployedStream | GuestStream): Promise<StreamView> {
    const { ref, run } = stream;
    const log = this.#logs.of(ref.id);
    const totals = run.state === 'playing' ? await this.#soon(run.totals()) : log.totals;
    const { plan, engineId = '' } = run.planned ?? {};
    return {
      ...ref,
      ...placeOf(stream),
      engineId,
      mode: plan?.mode ?? 'realtime',
      state: stateOf(run.state, log.state),
      ...toldOf(log),
      ...countsOf(log, totals),
      algos: (plan?.algos ?? []).map((algo) => algoView(algo, { log, totals })),
      recorders: (plan?.recorders ?? []).map((recorder) => recorderView(recorder, { log, name: this.#options.nameOf(recorder.id) })),
    };
  }

  async #engineView({ key, streamIds, usage }: RunningEngine): Promise<EngineView> {
    const id = engineIdOf(key);
    const taken = await this.#soon(usage());
    const cpuPercent = taken === undefined ? undefined : this.#loads.percent(key, taken);
    return {
      id,
      name: this.#options.nameOf(id),
      isReady: taken !== undefined,
      ...known({ cpuPercent, memoryBytes: taken?.memoryBytes }),
      streamIds,
    };
  }

  /** What comes in time; undefined where it does not, or goes wrong. */
  async #soon<T>(work: Promise<T>): Promise<T | undefined> {
    const enough = new AbortController();
    const late = this.#options.clock.sleep(PATIENCE_MS, enough.signal).then(() => undefined, () => undefined);
    const done = await Promise.race([work.catch(() => undefined), late]);
    enough.abort();
    return done;
  }
}

/** Its nodes; a guest has none. */
function placeOf(stream: DeployedStream | GuestStream): Pick<StreamView, 'sourceId' | 'producerId' | 'nodeIds'> {
  if (!('topology' in stream)) return { nodeIds: [] };
  const { sourceId, producerId } = stream.topology;
  return { sourceId, ...known({ producerId }), nodeIds: membersOf(stream.topology) };
}

/** This side knows sooner that a stream was started or stopped than its engine tells. */
function stateOf(run: RunState, told: StreamState): StreamState {
  if (run !== 'playing') return run;
  return told === 'idle' || told === 'finished' || told === 'failed' ? 'connecting' : told;
}

type Sources = { readonly log: StreamLog; readonly totals: StreamTotals | undefined };

/** What its events said. */
function toldOf({ info, progress, isLive, picture, error, duration }: StreamLog): Partial<StreamView> {
  const place = progress && { position: progress.position, fps: progress.fps, percent: progress.percent, eta: progress.eta };
  const size = info && { width: info.width, height: info.height, nominalFps: info.fps };
  return known({ isLive, picture, error, duration, ...size, ...place });
}

function countsOf({ delivered, dropped }: StreamLog, totals: StreamTotals | undefined): Pick<StreamView, 'delivered' | 'dropped'> {
  return totals === undefined ? { delivered, dropped } : { delivered: totals.frames.delivered, dropped: totals.frames.dropped };
}

function algoView(algo: AlgoPlan, { log, totals }: Sources): AlgoView {
  const { id, name, kind, frameCount, frameStep, interval } = algo;
  const { last, ...told } = log.algos.get(id) ?? { state: 'idle' };
  return { id, name, kind, frameCount, frameStep, interval, ...told, ...runsOf(name, totals), ...(last !== undefined && { last: shownResult(last) }) };
}

function runsOf(name: string, totals: StreamTotals | undefined): Pick<AlgoView, 'runs' | 'skipped' | 'inference' | 'age'> {
  const { runs, skipped } = totals?.algos[name] ?? { runs: 0, skipped: {} };
  const stats = totals?.stats.algos[name];
  return { runs, skipped, ...(stats !== undefined && known({ inference: durations(stats.inference), age: durations(stats.age) })) };
}

function recorderView({ id, enabled }: StreamPlan['recorders'][number], { log, name }: { readonly log: StreamLog; readonly name: string }): RecorderView {
  const told = log.recorders.get(id);
  return { id, name, isRecording: told?.isRecording ?? (enabled && log.state === 'playing'), ...known({ path: told?.path, error: told?.error }) };
}

function durations(summary: DurationSummary): Durations | undefined {
  return summary.count === 0 ? undefined : { p50: summary.p50, p95: summary.p95 };
}

/** Without what is not known. */
function known<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
