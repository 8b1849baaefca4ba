import type { MessagePort } from 'node:worker_threads';

import type { FrameNeed, LaneFrame } from '../../algo/index.js';
import { type AlgoPlan, bytesPerPixel, type Clock, fromWire, isUserCode, runsAtOnce, StreamInferError, type StreamMode } from '../../base/index.js';
import type { Stage } from '../../media/index.js';
import { tensorBytes } from '../../vision/index.js';
import type { LaneLink, LaneReply, LaneRequest, LaneTiming } from '../messages.js';
import type { DeliveredFrame } from './delivered-frame.js';
import type { RunCosts } from './stream-costs.js';

/** What a run gave. `inferenceMs` is the whole run in its lane, as results tell it. */
export type LaneOutcome = { readonly result: unknown; readonly inferenceMs: number; readonly costs: RunCosts };

/** What a run had cost, in milliseconds, when it was handed over. */
type Sent = { readonly convertMs: number; readonly ageMs: number };

type Pending = {
  readonly sent: Sent;
  readonly resolve: (outcome: LaneOutcome) => void;
  readonly reject: (error: StreamInferError) => void;
  readonly timer: NodeJS.Timeout;
};

export type LaneHandleOptions = {
  readonly plan: AlgoPlan;
  /** In realtime as many runs are under way as the algo may have at once; offline as many as the lane takes at once, and those that are ready for it. */
  readonly mode: StreamMode;
  /** A run takes its time along to the lane, which tells by the system's how long it waited. */
  readonly clock: Clock;
  /** A run takes longer than the algo's time-out allows. */
  readonly onHang: () => void;
};

/** Runs of one algo that may be under way offline beside those that work: one, whose frames are ready. */
const READY_RUNS = 1;

/** Seconds that a lane gets beyond its algo's time-out to answer by itself. */
const GRACE_SEC = 2;

/**
 * The media worker's end of one lane: makes the frames that the algo wants, hands them over with their memory, and
 * takes the memory back for the next ones.
 */
export class LaneHandle {
  readonly plan: AlgoPlan;
  readonly #options: LaneHandleOptions;
  #limit: number;
  #link: { readonly port: MessagePort; readonly needs: FrameNeed; readonly alone: boolean } | undefined;
  readonly #pending = new Map<number, Pending>();
  /** The lane has said that its algo can run no more. */
  #isOver = false;
  #free: ArrayBuffer[] = [];
  #waiters: (() => void)[] = [];
  #nextRun = 1;

  constructor(options: LaneHandleOptions) {
    this.plan = options.plan;
    this.#options = options;
    this.#limit = runsAtOnce(options.plan);
  }

  /** The lane to use from now on; runs under way in one that it replaces have failed. */
  attach(link: LaneLink): void {
    this.#dropLink('the algo was started anew');
    this.#free = [];
    this.#isOver = false;
    const { port, needs, batch } = link;
    // offline, what else happens to wait must not be seen in a result
    const alone = this.#options.mode === 'offline' && batch?.exact === false;
    if (this.#options.mode === 'offline') this.#limit = READY_RUNS + (alone ? 1 : (batch?.sizes.at(-1) ?? runsAtOnce(this.plan)));
    this.#link = { port, needs, alone };
    port.on('message', (reply: LaneReply) => { this.#settle(reply); });
    port.on('close', () => {
      if (this.#link?.port === port) this.#dropLink('its thread ended');
    });
    this.#wake();
  }

  /** Whether the algo is there. */
  get isOpen(): boolean {
    return this.#link !== undefined && !this.#isOver;
  }

  /** Whether a run may begin now. */
  get isFree(): boolean {
    return this.isOpen && this.#pending.size < this.#limit;
  }

  get inFlight(): number {
    return this.#pending.size;
  }

  /** Resolves when a run may begin: true; or when `signal` is aborted: false. */
  async whenFree(signal: AbortSignal): Promise<boolean> {
    while (!this.isFree && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const done = (): void => { signal.removeEventListener('abort', done); resolve(); };
        signal.addEventListener('abort', done, { once: true });
        this.#waiters.push(done);
      });
    }
    return !signal.aborted;
  }

  /** Converts and hands over the window before it returns; resolves with what the algo gave. */
  async run(window: readonly DeliveredFrame[], stage: Stage): Promise<LaneOutcome> {
    const link = this.#link;
    if (link === undefined) throw new StreamInferError('ALGO_RUN_FAILED', `${this.plan.name}: the algo is not open`);
    const { clock } = this.#options;
    const beganAtMs = clock.now();
    const frames = this.#makeFrames(link.needs, window, stage);
    const sentAtMs = clock.now();
    const sent = { convertMs: sentAtMs - beganAtMs, ageMs: sentAtMs - (window.at(-1)?.deliveredAtMs ?? sentAtMs) };
    const runId = this.#nextRun++;
    return await new Promise<LaneOutcome>((resolve, reject) => {
      const timer = setTimeout(() => { this.#timeOut(runId); }, this.#patienceSec() * 1000);
      this.#pending.set(runId, { sent, resolve, reject, timer });
      link.port.postMessage({ type: 'run', runId, frames, alone: link.alone, sentAtMs } satisfies LaneRequest, frames.map((frame) => frame.data));
    });
  }

  /** Tells the runs under way to stop: each ends as soon as its algo heeds it, native code only when it is done. */
  giveUp(): void {
    for (const runId of this.#pending.keys()) this.#link?.port.postMessage({ type: 'give-up', runId } satisfies LaneRequest);
  }

  close(): void {
    this.#dropLink('the stream ended');
  }

  /** Seconds that a run may take that is sent now: the runs before it may take all of their time. */
  #patienceSec(): number {
    const rounds = Math.ceil((this.#pending.size + 1) / runsAtOnce(this.plan));
    return rounds * this.plan.timeout + GRACE_SEC;
  }

  #makeFrames(needs: FrameNeed, window: readonly DeliveredFrame[], stage: Stage): LaneFrame[] {
    if (needs.kind === 'pixels') return window.map((frame) => this.#makePixels(needs, frame, stage));
    const newest = window.at(-1);
    return newest === undefined ? [] : [this.#makeTensor(needs, newest, stage)];
  }

  #makePixels(needs: FrameNeed & { kind: 'pixels' }, frame: DeliveredFrame, stage: Stage): LaneFrame {
    const width = needs.width ?? stage.width;
    const height = needs.height ?? Math.max(1, Math.round((stage.height * width) / stage.width));
    const format = needs.format ?? stage.format;
    const data = this.#buffer(width * height * bytesPerPixel(format));
    frame.picture.toPixels({ width, height, format }, new Uint8Array(data));
    return { kind: 'pixels', info: frame.info, stream: frame.stream, width, height, format, data };
  }

  #makeTensor(needs: FrameNeed & { kind: 'tensor' }, frame: DeliveredFrame, stage: Stage): LaneFrame {
    const data = this.#buffer(tensorBytes(needs.spec));
    const letterbox = frame.picture.toTensor(needs.spec, stage, data);
    return { kind: 'tensor', info: frame.info, stream: frame.stream, letterbox, data };
  }

  #buffer(bytes: number): ArrayBuffer {
    const at = this.#free.findIndex((buffer) => buffer.byteLength === bytes);
    return this.#free.splice(at, at < 0 ? 0 : 1)[0] ?? new ArrayBuffer(bytes);
  }

  #settle(reply: LaneReply): void {
    const room = this.#limit * this.plan.frameCount - this.#free.length;
    this.#free.push(...reply.buffers.slice(0, Math.max(0, room)));
    if (reply.type === 'failed' && reply.isLast === true) this.#isOver = true;
    const pending = this.#take(reply.runId);
    if (pending === undefined) return;
    if (reply.type === 'done') pending.resolve({ result: reply.result, inferenceMs: reply.timing.inferenceMs, costs: costsOf(pending.sent, reply.timing) });
    else pending.reject(fromWire(reply.error));
  }

  #timeOut(runId: number): void {
    const pending = this.#take(runId);
    pending?.reject(new StreamInferError('ALGO_TIMEOUT', `${this.plan.name}: no result within ${String(this.plan.timeout)} s`));
    // it will be replaced: what comes meanwhile is not lost in it
    if (isUserCode(this.plan)) this.#dropLink('the algo did not answer');
    this.#options.onHang();
  }

  #take(runId: number): Pending | undefined {
    const pending = this.#pending.get(runId);
    if (pending === undefined) return undefined;
    clearTimeout(pending.timer);
    this.#pending.delete(runId);
    this.#wake();
    return pending;
  }

  #dropLink(why: string): void {
    const link = this.#link;
    this.#link = undefined;
    link?.port.close();
    for (const runId of [...this.#pending.keys()]) {
      this.#take(runId)?.reject(new StreamInferError('ALGO_RUN_FAILED', `${this.plan.name}: the run was lost, ${why}`));
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}

function costsOf({ convertMs, ageMs }: Sent, { waitMs, inferenceMs, postprocessMs }: LaneTiming): RunCosts {
  return {
    convert: convertMs,
    wait: waitMs,
    inference: inferenceMs - (postprocessMs ?? 0),
    ...(postprocessMs !== undefined && { postprocess: postprocessMs }),
    age: ageMs + waitMs,
  };
}
