import type { AlgoPlan, AlgoResult, Clock, FrameInfo, StreamEvent, StreamInfo, StreamPlan, WireError } from '../../base/index.js';
import type { MediaMessage } from '../messages.js';
import type { DeliveredFrame } from './delivered-frame.js';
import type { LaneOutcome } from './lane-handle.js';
import type { Tally } from './tally.js';

/** Milliseconds between two progress or dropped events. */
const QUIET_MS = 500;

/** Says what happens in a stream: results, events, progress; the same trouble only once. */
export class Reporter {
  readonly #plan: StreamPlan;
  readonly #clock: Clock;
  readonly #tally: Tally;
  readonly #post: (message: MediaMessage) => void;
  readonly #onResult: (result: AlgoResult) => void;
  readonly #latest = new Map<string, AlgoResult>();
  readonly #lastErrors = new Map<string, string>();
  readonly #lastDropped = new Map<string, number>();
  #stream: StreamInfo;
  #duration: number | undefined;
  #progressAtMs: number;
  #progressFrames = 0;
  #isStopping = false;
  #isAbandoning = false;

  constructor(options: { plan: StreamPlan; clock: Clock; tally: Tally; post: (message: MediaMessage) => void; onResult: (result: AlgoResult) => void }) {
    this.#plan = options.plan;
    this.#clock = options.clock;
    this.#tally = options.tally;
    this.#post = options.post;
    this.#onResult = options.onResult;
    this.#progressAtMs = options.clock.now();
    const { id, name, mode } = options.plan;
    this.#stream = { id, name, mode, fps: 0, width: 0, height: 0, epoch: 0 };
  }

  /** The newest result of every algo. */
  get latest(): readonly AlgoResult[] {
    return [...this.#latest.values()];
  }

  /** What is known of the stream. */
  get stream(): StreamInfo {
    return this.#stream;
  }

  /** What is known of the stream from now on; `duration` in seconds. */
  describe(known: Pick<StreamInfo, 'fps' | 'width' | 'height' | 'epoch'>, duration: number | undefined): StreamInfo {
    this.#stream = { ...this.#stream, ...known };
    this.#duration = duration;
    this.#progressAtMs = this.#clock.now();
    return this.#stream;
  }

  event(event: StreamEvent): void {
    this.#post({ type: 'event', event });
  }

  /** What people should know of an algo that works. */
  warning(message: string, algoId: string): void {
    this.event({ event: 'warning', streamId: this.#plan.id, message, algoId });
  }

  /** What an algo's run gave. */
  result(algo: AlgoPlan, frame: DeliveredFrame, outcome: LaneOutcome): AlgoResult {
    this.#tally.run(algo.name);
    if (outcome.costs !== undefined) this.#tally.costs.run(algo.name, outcome.costs);
    this.#lastErrors.delete(algo.id);
    const result: AlgoResult = {
      streamId: this.#plan.id,
      algoId: algo.id,
      algo: algo.name,
      position: frame.info.ptsUs / 1e6,
      frame: frameOf(frame.info),
      stream: frame.stream,
      result: outcome.result,
      timing: { inferenceMs: round3(outcome.inferenceMs), latencyMs: round3(this.#clock.now() - frame.deliveredAtMs) },
    };
    this.#latest.set(algo.id, result);
    this.#post({ type: 'result', result });
    this.#onResult(result);
    return result;
  }

  /** The stream is being stopped: runs that flows have not answered are given up, which is no failure. */
  stopping(): void {
    this.#isStopping = true;
  }

  /** The runs that are under way although the stream was stopped a while ago are waited for no longer. */
  abandoning(): void {
    this.#isAbandoning = true;
  }

  /** A run that gave nothing: counted, and told. */
  runFailed(algo: AlgoPlan, error: WireError): void {
    if (this.#isAbandoning || (this.#isStopping && algo.kind === 'flow')) {
      this.#tally.skip(algo.name, 'stopped');
      return;
    }
    this.#tally.skip(algo.name, error.code === 'ALGO_TIMEOUT' ? 'timeout' : 'failed');
    this.trouble(error, { algoId: algo.id });
  }

  /** A run or a recording that failed; the stream goes on. The same text from the same place is told once. */
  trouble(error: WireError, where: { readonly algoId?: string; readonly recorderId?: string }): void {
    const place = where.algoId ?? where.recorderId ?? '';
    if (this.#lastErrors.get(place) === error.message) return;
    this.#lastErrors.set(place, error.message);
    this.event({ event: 'error', streamId: this.#plan.id, error, fatal: false, ...where });
  }

  /** What was wrong there is over: the same trouble would be news. */
  settled(place: string): void {
    this.#lastErrors.delete(place);
  }

  /** Tells where the stream is, at most twice a second; `position` in seconds. */
  progress(position: number): void {
    const now = this.#clock.now();
    const passed = now - this.#progressAtMs;
    if (passed < QUIET_MS) return;
    const fps = ((this.#tally.delivered - this.#progressFrames) * 1000) / passed;
    this.#progressAtMs = now;
    this.#progressFrames = this.#tally.delivered;
    this.event({ event: 'progress', streamId: this.#plan.id, position, fps: round3(fps), ...this.#toEnd(position, fps) });
    this.#tellDropped();
  }

  /** How far it is, where the end is known. */
  #toEnd(position: number, fps: number): { duration?: number; percent?: number; eta?: number } {
    const duration = this.#duration;
    if (duration === undefined || duration <= 0) return {};
    const percent = Math.min(100, (100 * position) / duration);
    const speed = this.#stream.fps > 0 ? fps / this.#stream.fps : 0;
    return { duration, percent: round3(percent), ...(speed > 0 && { eta: round3(Math.max(0, duration - position) / speed) }) };
  }

  #tellDropped(): void {
    this.#tellDroppedOf({}, this.#tally.dropped);
    for (const { id, name } of this.#plan.algos) this.#tellDroppedOf({ algo: name, algoId: id }, this.#tally.skippedOf(name));
    for (const [recorderId, failed] of Object.entries(this.#tally.unrecorded)) this.#tellDroppedOf({ recorderId }, { failed });
  }

  #tellDroppedOf(where: { readonly algo?: string; readonly algoId?: string; readonly recorderId?: string }, counts: Readonly<Record<string, number>>): void {
    const sum = Object.values(counts).reduce((total, count) => total + count, 0);
    const key = where.algoId ?? where.recorderId ?? '';
    if (sum === (this.#lastDropped.get(key) ?? 0)) return;
    this.#lastDropped.set(key, sum);
    this.event({ event: 'dropped', streamId: this.#plan.id, counts: { ...counts }, ...where });
  }
}

function frameOf(info: FrameInfo): AlgoResult['frame'] {
  return { index: info.index, sourceIndex: info.sourceIndex, pts: info.ptsUs / 1e6, width: info.width, height: info.height };
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000;
}
