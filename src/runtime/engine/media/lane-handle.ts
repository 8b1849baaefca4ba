import type { MessagePort } from 'node:worker_threads';

import type { FrameNeed, LaneFrame } from '../../algo/index.js';
import { type AlgoPlan, type Clock, cropsOf, fromWire, isUserCode, runsAtOnce, slicingOf, StreamInferError, type StreamMode } from '../../base/index.js';
import type { Stage } from '../../media/index.js';
import type { Region } from '../../vision/index.js';
import type { LaneLink, LaneNotice, LaneReply, LaneRequest, LaneTiming } from '../messages.js';
import type { DeliveredFrame } from './delivered-frame.js';
import { makeLaneFrame } from './lane-frame.js';
import type { RunCosts } from './stream-costs.js';

/** What a run gave. `inferenceMs` is the whole run in its lane, as results tell it; of runs on crops, of all of them. */
export type LaneOutcome = {
  readonly result: unknown;
  readonly inferenceMs: number;
  /** Absent: nothing was run for it. */
  readonly costs?: RunCosts;
  /** Windows, of any streams, that the lane took at once. Absent: one. */
  readonly windows?: number;
};

/** What a run had cost, in milliseconds, when it was handed over. */
type Sent = { readonly convertMs: number; readonly ageMs: number };

type Pending = {
  readonly sent: Sent;
  readonly resolve: (outcome: LaneOutcome) => void;
  readonly reject: (error: StreamInferError) => void;
  readonly timer: NodeJS.Timeout;
};

type Link = { readonly port: MessagePort; readonly needs: FrameNeed; readonly alone: boolean };

/** A window ready to be handed over, and how long that took. */
type Made = { readonly frames: readonly LaneFrame[]; readonly convertMs: number };

export type LaneHandleOptions = {
  readonly plan: AlgoPlan;
  /** In realtime as many runs are under way as the algo may have at once; offline as many as the lane takes at once, and those that are ready for it. */
  readonly mode: StreamMode;
  /** A run takes its time along to the lane, which tells by the system's how long it waited. */
  readonly clock: Clock;
  /** A run takes longer than the algo's time-out allows. */
  readonly onHang: () => void;
  /** Realtime: the lane has told the stream to go; a turn that waits may begin. */
  readonly onGo?: () => void;
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
  /** Whether its runs are on parts of a frame. */
  readonly #cuts: boolean;
  /** Crops that the algo takes at once. */
  #most = 1;
  #link: Link | undefined;
  readonly #pending = new Map<number, Pending>();
  /** The lane has said that its algo can run no more. */
  #isOver = false;
  #free: ArrayBuffer[] = [];
  #waiters: (() => void)[] = [];
  #nextRun = 1;
  /** The lane is to be asked before frames are made. */
  #mustAsk = false;
  /** Asked, and told to go for so many runs that have not begun. */
  #asked = 0;
  #goes = 0;

  constructor(options: LaneHandleOptions) {
    this.plan = options.plan;
    this.#options = options;
    this.#limit = runsAtOnce(options.plan);
    this.#cuts = cropsOf(options.plan) !== undefined || slicingOf(options.plan) !== undefined;
  }

  /** The lane to use from now on; runs under way in one that it replaces have failed. */
  attach(link: LaneLink): void {
    this.#dropLink('the algo was started anew');
    this.#free = [];
    this.#isOver = false;
    const { port, needs, batch } = link;
    // offline, what else happens to wait must not be seen in a result
    const alone = this.#options.mode === 'offline' && batch?.exact === false;
    this.#most = alone ? 1 : (batch?.sizes.at(-1) ?? runsAtOnce(this.plan));
    if (this.#options.mode === 'offline') this.#limit = READY_RUNS + this.#most;
    this.#link = { port, needs, alone };
    port.on('message', (message: LaneReply | LaneNotice) => {
      switch (message.type) {
        case 'asking': { this.#setAsking(message.isOn); break; }
        case 'go': { this.#go(); break; }
        case 'done':
        case 'failed': { this.#settle(message); break; }
      }
    });
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
    return this.isOpen && this.#pending.size < this.#limit && (!this.#mustAsk || this.#goes > 0);
  }

  /** Realtime: a turn waits. Where the lane wants to be asked it is, and says when. */
  ask(): void {
    if (!this.#mustAsk || !this.isOpen || this.#pending.size + this.#goes + this.#asked >= this.#limit) return;
    this.#asked += 1;
    this.#openLink().port.postMessage({ type: 'ask' } satisfies LaneRequest);
  }

  /** Gives back what the lane gave and no turn has used. */
  pass(): void {
    for (; this.#goes > 0; this.#goes -= 1) this.#link?.port.postMessage({ type: 'pass' } satisfies LaneRequest);
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
    return await this.#send(this.#make((needs) => this.#makeFrames(needs, window, stage)), window.at(-1));
  }

  /**
   * Cuts the regions out of the frame and hands them over, as many at once as the algo takes, and the next ones while those run.
   * Resolves with what the algo gave for each, in their order; rejects when one of the runs does. The frame is held until then.
   */
  async runCrops(frame: DeliveredFrame, regions: readonly Region[], stage: Stage): Promise<LaneOutcome[]> {
    const outcomes: LaneOutcome[] = [];
    let before: Promise<LaneOutcome[]> = Promise.resolve([]);
    for (let at = 0; at < regions.length; at += this.#most) {
      const crops = regions.slice(at, at + this.#most).map((region) => this.#make((needs) => [this.#makeCrop(needs, { frame, region }, stage)]));
      const batch = Promise.all(crops.map((crop) => this.#send(crop, frame)));
      // told when it is its turn, or not at all where the one before has failed
      batch.catch(() => undefined);
      outcomes.push(...(await before));
      before = batch;
    }
    return [...outcomes, ...(await before)];
  }

  /** Tells the runs under way to stop: each ends as soon as its algo heeds it, native code only when it is done. */
  giveUp(): void {
    for (const runId of this.#pending.keys()) this.#link?.port.postMessage({ type: 'give-up', runId } satisfies LaneRequest);
  }

  close(): void {
    this.#dropLink('the stream ended');
  }

  #make(frames: (needs: FrameNeed) => LaneFrame[]): Made {
    const { clock } = this.#options;
    const beganAtMs = clock.now();
    return { frames: frames(this.#openLink().needs), convertMs: clock.now() - beganAtMs };
  }

  async #send({ frames, convertMs }: Made, newest: DeliveredFrame | undefined): Promise<LaneOutcome> {
    const { port, alone } = this.#openLink();
    const sentAtMs = this.#options.clock.now();
    const sent = { convertMs, ageMs: sentAtMs - (newest?.deliveredAtMs ?? sentAtMs) };
    const runId = this.#nextRun++;
    this.#goes = Math.max(0, this.#goes - 1);
    return await new Promise<LaneOutcome>((resolve, reject) => {
      const timer = setTimeout(() => { this.#timeOut(runId); }, this.#patienceSec() * 1000);
      this.#pending.set(runId, { sent, resolve, reject, timer });
      port.postMessage({ type: 'run', runId, frames, alone, sentAtMs } satisfies LaneRequest, frames.map((frame) => frame.data));
    });
  }

  #openLink(): Link {
    if (this.#link !== undefined) return this.#link;
    throw new StreamInferError('ALGO_RUN_FAILED', `${this.plan.name}: the algo is not open`);
  }

  /** Seconds that a run may take that is sent now: the runs before it may take all of their time. */
  #patienceSec(): number {
    const rounds = Math.ceil((this.#pending.size + 1) / runsAtOnce(this.plan));
    return rounds * this.plan.timeout + GRACE_SEC;
  }

  #makeFrames(needs: FrameNeed, window: readonly DeliveredFrame[], stage: Stage): LaneFrame[] {
    const used = needs.kind === 'pixels' ? window : window.slice(-1);
    return used.map(({ picture, info, stream }) => makeLaneFrame(needs, { picture, info, stream, stage }, this.#allocate));
  }

  /** Of the source's pixels, whatever the producer's size. */
  #makeCrop(needs: FrameNeed, { frame, region }: { readonly frame: DeliveredFrame; readonly region: Region }, { format }: Stage): LaneFrame {
    const { picture, region: crop } = frame.picture.crop(region);
    try {
      const stage = { width: Math.max(1, Math.round(crop.width)), height: Math.max(1, Math.round(crop.height)), format };
      return makeLaneFrame(needs, { picture, info: frame.info, stream: frame.stream, crop, stage }, this.#allocate);
    } finally {
      picture.release();
    }
  }

  readonly #allocate = (bytes: number): ArrayBuffer => {
    const at = this.#free.findIndex((buffer) => buffer.byteLength === bytes);
    return this.#free.splice(at, at < 0 ? 0 : 1)[0] ?? new ArrayBuffer(bytes);
  };

  #settle(reply: LaneReply): void {
    const kept = this.#cuts ? 2 * this.#most + 1 : this.#limit * this.plan.frameCount;
    const room = kept - this.#free.length;
    this.#free.push(...reply.buffers.slice(0, Math.max(0, room)));
    if (reply.type === 'failed' && reply.isLast === true) this.#isOver = true;
    const pending = this.#take(reply.runId);
    if (pending === undefined) return;
    if (reply.type === 'failed') {
      pending.reject(fromWire(reply.error));
      return;
    }
    const { inferenceMs, windows } = reply.timing;
    pending.resolve({ result: reply.result, inferenceMs, costs: costsOf(pending.sent, reply.timing), ...(windows !== undefined && { windows }) });
  }

  /** Offline streams keep to their order and take their time. */
  #setAsking(isOn: boolean): void {
    this.#mustAsk = isOn && this.#options.mode === 'realtime';
    this.#options.onGo?.();
  }

  #go(): void {
    this.#asked -= 1;
    this.#goes += 1;
    this.#options.onGo?.();
    this.pass();
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
    this.#mustAsk = false;
    this.#asked = 0;
    this.#goes = 0;
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
