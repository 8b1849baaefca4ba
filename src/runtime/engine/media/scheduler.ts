import { type AlgoPlan, type Clock, StreamInferError, type StreamPlan, toWire } from '../../base/index.js';
import { FrameRing } from '../../buffer/index.js';
import type { FrameTimes, Stage } from '../../media/index.js';
import type { CropSchedule, OfflineSchedule, Turn } from '../../schedule/index.js';
import type { StreamCommand } from '../api.js';
import type { LaneLink } from '../messages.js';
import { AlgoRunner } from './algo-runner.js';
import type { CropRuns, Work } from './crop-runs.js';
import type { DeliveredFrame } from './delivered-frame.js';
import type { PendingRun } from './finisher.js';
import { gaveNothing, type KnownFrame, type KnownResults, type KnownTurn, needsNoFrames } from './known-results.js';
import { LaneHandle, type LaneOutcome } from './lane-handle.js';
import type { Reporter } from './reporter.js';
import type { Tally } from './tally.js';

/** The run that one on crops follows, at that frame, and what became of it before. */
type BeforeCrops = { readonly frame: DeliveredFrame; readonly before: PendingRun; readonly known: KnownTurn | undefined };

type AlgoCommand = Extract<StreamCommand, { action: 'algo' }>;

export type SchedulerOptions = {
  readonly plan: StreamPlan;
  readonly clock: Clock;
  readonly reporter: Reporter;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Offline: of a run before. */
  readonly known: KnownResults | undefined;
  /** An algo's lane did not answer in time. */
  readonly onHang: (algoId: string) => void;
};

/** Runs a stream's algos on the delivered frames: which are due, on which frames, and one lane for each. */
export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #algos: readonly AlgoRunner[];
  readonly #ring: FrameRing<DeliveredFrame>;
  readonly #running = new Set<Promise<void>>();
  #stage: Stage = { width: 2, height: 2, format: 'bgr24' };
  /** Added to the number of a delivered frame: its number in the whole source, which offline schedules count. */
  #countOffset = 0;
  /** The frame delivered last; undefined where that was left out. */
  #newest: DeliveredFrame | undefined;
  /** Seconds of the frame delivered last. */
  #now = 0;

  constructor(options: SchedulerOptions) {
    const { plan } = options;
    this.#options = options;
    this.#ring = new FrameRing<DeliveredFrame>(ringSize(plan), (frame) => { frame.release(); });
    this.#algos = plan.algos.map((algo) => this.#makeRunner(algo));
  }

  #makeRunner(algo: AlgoPlan): AlgoRunner {
    const { plan: { mode, algos }, clock, tally, onHang } = this.#options;
    const lane: LaneHandle = new LaneHandle({
      plan: algo, mode, clock,
      onHang: () => { onHang(algo.id); },
      onGo: () => { this.#beginNext(runner); },
    });
    const runner = new AlgoRunner(lane, algos, (cause, turns) => { tally.skip(algo.name, cause, turns); });
    return runner;
  }

  attach(links: readonly LaneLink[]): void {
    for (const link of links) {
      const algo = this.#algo(link.algoId);
      algo.lane.attach(link);
      this.#beginNext(algo);
    }
  }

  /** Time has jumped: what was seen before is no part of a window. `count` is the number in the source of the frame delivered last. */
  reset(stage: Stage, fps: number, countOffset: number): void {
    this.#stage = stage;
    this.#countOffset = countOffset;
    this.#ring.clear();
    this.#newest = undefined;
    for (const algo of this.#algos) {
      algo.reset();
      algo.offline.reset(fps);
      algo.crops?.reset(fps);
    }
  }

  /** The first frame at or after the `count`-th delivered of the source that an algo uses, offline; Infinity: none. */
  nextUsed(count: number): number {
    return Math.min(Infinity, ...this.#algos.map((algo) => algo.offline.nextUsed(count, this.#knownUntil(algo))));
  }

  /**
   * The first frame at or after number `count` that an algo uses in realtime, as things stand; Infinity: none. Numbers are those
   * of `times`, where `from` is the frame that comes next.
   */
  nextUsedInRealtime(count: number, from: number, times: FrameTimes): number {
    const delivered = { from, delivered: this.#ring.size, now: this.#now };
    return Math.min(Infinity, ...this.#algos.map((algo) => algo.nextUsed(count, delivered, times)));
  }

  /**
   * `count` frames were delivered that are not there, the last one at `now` seconds, where that is known: nobody uses them, or they could not
   * be decoded. `index` is the number of the last one.
   */
  skip(count: number, index: number, now = this.#now): void {
    if (count === 0) return;
    if (this.#options.plan.mode === 'offline') this.#noteMissed(this.#countOffset + index - count + 1, this.#countOffset + index);
    this.#ring.skip(count);
    this.#newest = undefined;
    this.#now = now;
  }

  /** Keeps the frame for windows and starts what is due; offline it waits for room in the lanes, and gives the runs. `known` is what it gave before. */
  async take(frame: DeliveredFrame, known?: KnownFrame): Promise<PendingRun[]> {
    frame.retain();
    this.#ring.push(frame);
    this.#newest = frame;
    this.#now = frame.info.ptsUs / 1e6;
    if (this.#options.plan.mode === 'offline') {
      this.#settle();
      return await this.#runOffline(frame, known);
    }
    for (const algo of this.#algos) {
      this.#takeTurn(algo, frame);
      this.#beginNext(algo);
    }
    return [];
  }

  /** Offline: what is known of a frame that was left out. */
  retell(frame: DeliveredFrame, known: KnownFrame): PendingRun[] {
    const runs: PendingRun[] = [];
    for (const algo of this.#algos) {
      const turn = this.#turnOf(algo, frame, known);
      if (algo.crops !== undefined) this.#addCrops(runs, algo, { frame, known: turn });
      else if (algo.owed > 0 && turn !== undefined && turn !== 'gave-nothing') {
        algo.owed -= 1;
        this.#add(runs, algo, { frames: [frame], known: turn });
      }
    }
    return runs;
  }

  /** Nobody waits for what flows give: an answer may never come. */
  giveUpFlows(): void {
    for (const { plan, lane } of this.#algos) if (plan.kind === 'flow') lane.giveUp();
  }

  /** Nobody waits for the runs under way any more: they fail. */
  abandon(): void {
    for (const { lane } of this.#algos) lane.close();
  }

  /** Resolves when no run is under way. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  /** Offline it takes effect from the `from`-th frame delivered of the source on: about those before it is decided. */
  command(command: AlgoCommand, from: number): void {
    const algo = this.#algo(command.algoId);
    const { crops } = algo;
    const isOffline = this.#options.plan.mode === 'offline';
    if (!isOffline) this.#commandRealtime(algo, command);
    else if (crops === undefined) changeSchedule(algo.offline, command, from);
    // in realtime from the next result on
    if (crops !== undefined) void crops.inOrder(() => { changeSchedule(crops.schedule, command, isOffline ? from : 0); });
  }

  close(): void {
    for (const algo of this.#algos) {
      if (algo.owed > 0) this.#options.tally.skip(algo.plan.name, 'stopped', algo.owed);
      algo.turns.clear();
      algo.crops?.see(undefined);
      algo.lane.close();
    }
    this.#newest = undefined;
    this.#ring.clear();
  }

  #commandRealtime(algo: AlgoRunner, command: AlgoCommand): void {
    switch (command.do) {
      case 'enable': { algo.enable(true); break; }
      case 'disable': { algo.enable(false); break; }
      case 'run': { algo.runNow(); break; }
      case 'set': {
        algo.gate?.reset();
        if (command.interval !== undefined) algo.setInterval(command.interval);
        break;
      }
    }
    if (this.#newest !== undefined) this.#takeTurn(algo, this.#newest);
  }

  async #runOffline(frame: DeliveredFrame, knownFrame: KnownFrame | undefined): Promise<PendingRun[]> {
    const runs: PendingRun[] = [];
    for (const algo of this.#algos) {
      const known = this.#turnOf(algo, frame, knownFrame);
      if (algo.crops !== undefined) {
        this.#addCrops(runs, algo, { frame, known });
        continue;
      }
      const count = this.#countOffset + frame.info.index;
      if (algo.offline.isAsked(count)) algo.gate?.reset();
      if (!algo.offline.isDue(count)) continue;
      // of a window that is known the other frames may have been left out
      const window = known === undefined || known === 'gave-nothing' ? this.#ring.window(algo.plan.frameCount, algo.plan.frameStep) : [frame];
      if (window === undefined) {
        this.#options.tally.skip(algo.plan.name, 'window');
        continue;
      }
      if (this.#isStill(algo, frame)) continue;
      // a stream that is being stopped starts no more runs; those of this frame so far belong to it
      if (known === undefined && !(await this.#isFree(algo))) continue;
      this.#add(runs, algo, { frames: window, known });
    }
    return runs;
  }

  #add(runs: PendingRun[], algo: AlgoRunner, work: Work): void {
    const outcome = algo.run(work, this.#stage);
    outcome.catch(() => undefined);
    runs.push({ algo: algo.plan, outcome });
  }

  #addCrops(runs: PendingRun[], algo: AlgoRunner, { frame, known }: Omit<BeforeCrops, 'before'>): void {
    const before = runs.find(({ algo: { id } }) => id === algo.crops?.of);
    if (algo.crops !== undefined && before !== undefined) runs.push(this.#runOnCrops(algo, algo.crops, { frame, before, known }));
  }

  /** Offline: the run that follows one of the algo before it, if that brings one. The frame is held until it is told. */
  #runOnCrops(algo: AlgoRunner, crops: CropRuns, { frame, before, known }: BeforeCrops): PendingRun {
    const count = this.#countOffset + frame.info.index;
    const stage = this.#stage;
    const outcome = crops.inOrder(async () => {
      const given = await before.outcome.catch(() => undefined);
      if (given === undefined || !crops.schedule.take(count, frame.info.ptsUs / 1e6)) return undefined;
      if (!(await this.#isFree(algo))) return undefined;
      return await algo.run({ frames: [frame], found: given.result, known }, stage);
    });
    outcome.catch(() => undefined);
    return { algo: algo.plan, outcome };
  }

  /** Offline: turns that were due at frames that are not there: they could not be decoded, or what was given at them is known. */
  #noteMissed(from: number, to: number): void {
    for (const algo of this.#algos) {
      const lastKnown = Math.min(to, this.#knownUntil(algo) - 1);
      if (lastKnown >= from) this.#owe(algo, from, lastKnown);
      const turns = algo.offline.missed(Math.max(from, lastKnown + 1), to);
      if (turns > 0) this.#options.tally.skip(algo.plan.name, 'decode', turns);
    }
  }

  /** The first of these frames may be too few for a window. */
  #owe(algo: AlgoRunner, from: number, to: number): void {
    const { frameCount, frameStep, name } = algo.plan;
    const enoughFrom = from + Math.max(0, frameCount * frameStep - this.#ring.size - 1);
    const tooFew = algo.offline.missed(from, Math.min(to, enoughFrom - 1));
    if (tooFew > 0) this.#options.tally.skip(name, 'window', tooFew);
    algo.owed += algo.offline.missed(enoughFrom, to);
  }

  /** All that is known of the frames left out has been told: the other turns at them gave nothing. */
  #settle(): void {
    if (this.#options.signal.aborted) return;
    for (const algo of this.#algos) for (; algo.owed > 0; algo.owed -= 1) this.#options.reporter.runFailed(algo.plan, toWire(gaveNothing(algo.plan)));
  }

  /** What is known of the algo's turn at that frame. A stream that is being stopped looks no more of it up. */
  #turnOf({ plan }: AlgoRunner, { info }: DeliveredFrame, known: KnownFrame | undefined): KnownTurn | undefined {
    return this.#options.signal.aborted ? undefined : this.#options.known?.turnOf(plan, info.index, known);
  }

  /** Offline: number of the frame from which on the algo needs frames; 0: of all. */
  #knownUntil({ plan }: AlgoRunner): number {
    const { known } = this.#options;
    return known !== undefined && needsNoFrames(plan, this.#options.plan) ? this.#countOffset + known.until : 0;
  }

  /** Offline: resolves when a turn may run: true; or with false where the stream is being stopped, which is counted. */
  async #isFree(algo: AlgoRunner): Promise<boolean> {
    const isFree = await algo.lane.whenFree(this.#options.signal);
    if (!isFree) this.#options.tally.skip(algo.plan.name, 'stopped');
    return isFree;
  }

  /** Realtime: the turn that the newest frame brings, if any, begins, or waits as the algo's late policy says. */
  #takeTurn(algo: AlgoRunner, newest: DeliveredFrame): void {
    if (algo.crops !== undefined || this.#windowOf(algo) === undefined || !algo.takeTurn(newest.info.index, newest.info.ptsUs / 1e6)) return;
    if (algo.lane.isOpen && this.#isStill(algo, newest)) return;
    this.#addTurn(algo);
  }

  /** Realtime: what an algo has found in a frame brings turns of the algos on its crops. */
  #found(algo: AlgoRunner, frame: DeliveredFrame, found: unknown): void {
    for (const next of this.#algos) {
      if (next.crops?.of !== algo.plan.id) continue;
      next.crops.see({ frames: [frame], found });
      if (next.crops.schedule.take(frame.info.index, frame.info.ptsUs / 1e6)) this.#addTurn(next);
    }
  }

  #addTurn(algo: AlgoRunner): void {
    if (!algo.lane.isOpen) {
      this.#options.tally.skip(algo.plan.name, 'failed');
      return;
    }
    if (algo.turns.add(() => this.#keepWork(algo) ?? { frames: [] })) algo.lane.giveUp();
    this.#beginNext(algo);
  }

  #beginNext(algo: AlgoRunner): void {
    if (this.#options.signal.aborted) algo.turns.clear();
    if (!algo.lane.isFree) {
      if (algo.turns.mayBegin) algo.lane.ask();
      return;
    }
    const turn = algo.turns.begin(() => this.#keepWork(algo));
    if (turn === undefined) return;
    const { frames } = turn.window;
    const outcome = algo.run(turn.window, this.#stage);
    // a window is converted by now; crops are cut out of the newest frame until all are done, this algo's or those of what it finds
    for (const frame of frames.slice(0, -1)) frame.release();
    const newest = frames.at(-1) as DeliveredFrame;
    const running = this.#follow(algo, turn, outcome).finally(() => {
      newest.release();
      this.#running.delete(running);
      algo.turns.end(turn);
      this.#beginNext(algo);
    });
    this.#running.add(running);
  }

  async #follow(algo: AlgoRunner, turn: Turn<Work>, outcome: Promise<LaneOutcome>): Promise<void> {
    const { reporter } = this.#options;
    try {
      const given = await outcome;
      if (turn.isGivenUp) {
        algo.noteGivenUp();
        return;
      }
      const frame = turn.window.frames.at(-1) as DeliveredFrame;
      reporter.result(algo.plan, frame, given);
      this.#found(algo, frame, given.result);
      const message = algo.noteDuration(given.inferenceMs);
      if (message !== undefined) reporter.warning(message, algo.plan.id);
    } catch (thrown) {
      const error = toWire(thrown, 'ALGO_RUN_FAILED');
      // what its frame shows is not known
      algo.gate?.reset();
      if (!turn.isGivenUp) {
        reporter.runFailed(algo.plan, error);
        return;
      }
      algo.noteGivenUp();
      // what a run says that was told to stop is no news, unless it did not stop
      if (error.code === 'ALGO_TIMEOUT') reporter.trouble(error, { algoId: algo.plan.id });
    }
  }

  /** Whether the motion gate lets the turn that the frame brings not run; it is counted then. */
  #isStill(algo: AlgoRunner, frame: DeliveredFrame): boolean {
    try {
      if (algo.gate?.isStill(frame) !== true) return false;
    } catch {
      // a picture that cannot be converted: the run tells it
      return false;
    }
    this.#options.tally.skip(algo.plan.name, 'still');
    return true;
  }

  #windowOf({ plan: { frameCount, frameStep } }: AlgoRunner): Work | undefined {
    const frames = this.#ring.size < frameCount ? undefined : this.#ring.window(frameCount, frameStep);
    return frames && { frames };
  }

  #keepWork(algo: AlgoRunner): Work | undefined {
    const work = algo.crops === undefined ? this.#windowOf(algo) : algo.crops.newest;
    for (const frame of work?.frames ?? []) frame.retain();
    return work;
  }

  #algo(algoId: string): AlgoRunner {
    const algo = this.#algos.find(({ plan }) => plan.id === algoId);
    if (algo === undefined) throw new StreamInferError('STREAM_UNKNOWN', `${this.#options.plan.name}: no algo ${algoId} in this stream`);
    return algo;
  }
}

function changeSchedule(schedule: OfflineSchedule | CropSchedule, command: AlgoCommand, from: number): void {
  switch (command.do) {
    case 'enable': { schedule.change(from, { enabled: true }); break; }
    case 'disable': { schedule.change(from, { enabled: false }); break; }
    case 'run': { schedule.runFrom(from); break; }
    case 'set': { if (command.interval !== undefined) schedule.change(from, { interval: command.interval }); break; }
  }
}

/** Frames kept: what the widest window spans, or the plan's `buffer` if that is more. */
function ringSize(plan: StreamPlan): number {
  return Math.max(1, plan.buffer, ...plan.algos.map((algo) => algo.frameCount * Math.max(algo.frameStep, 1)));
}
