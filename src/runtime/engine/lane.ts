import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

import type { AlgoState, FrameNeed } from '../algo/index.js';
import { type AlgoPlan, fromWire, isUserCode, makeDeferred, StreamInferError } from '../base/index.js';
import type { BackendOptions } from '../media/index.js';
import { openThread, type ThreadHost } from '../work/index.js';
import type { FlowAnswer, FlowQuestion } from './api.js';
import type { BatchFacts, LaneCommand, LaneMessage, LaneWorkerData } from './messages.js';
import { forgetThread } from './work-marks.js';

/** What an open lane tells. */
export type LaneReady = {
  readonly needs: FrameNeed;
  readonly description: Readonly<Record<string, unknown>>;
  readonly batch?: BatchFacts | undefined;
  readonly warning?: string;
};

/** An algo somewhere: streams attach to it and send it runs. */
export interface Lane {
  /** Resolves when the algo is open; rejects with why it could not be opened. */
  readonly ready: Promise<LaneReady>;
  /** A new port for the runs of a stream of that priority; its other end is served by the lane. */
  attach(priority: number): MessagePort;
  set(options: { readonly scoreThreshold?: number; readonly iouThreshold?: number }): void;
  /** What a flow gave. */
  answer(answer: FlowAnswer): void;
  /** Finishes its run and ends. */
  close(): Promise<void>;
  /** Ends a lane that does not answer. */
  kill(): void;
}

/** Milliseconds a lane gets to close before it is left to itself (native code) or ended (a user's code). */
const CLOSE_MS = 5000;

export type LaneEvents = {
  readonly onWarning: (message: string) => void;
  /** Whole percent of the model's file that are here, 0…100; at most twice a second. */
  readonly onDownload: (percent: number) => void;
  /** A flow algo asks, or no longer waits for that answer. */
  readonly onAsk?: (question: FlowQuestion) => void;
  readonly onAskOver?: (requestId: string) => void;
  /** What the open algo depends on does not answer, or answers again. */
  readonly onState: (state: AlgoState) => void;
  /** The lane has ended though nobody asked it to. `isTold`: a run has failed with that error. */
  readonly onDeath: (error: StreamInferError, isTold: boolean) => void;
};

/** The stream that a lane is opened for: its name, and what decodes it. */
export type LaneOwner = { readonly name: string; readonly media: BackendOptions; /** Niceness of the lane's threads, where they are this stream's alone. */ readonly nice?: number };

/** Starts a lane in a thread of its own. */
export function openLane(plan: AlgoPlan, { name: streamName, media, nice }: LaneOwner, events: LaneEvents): Lane {
  const ready = makeDeferred<LaneReady>();
  let closing = false;
  let opened = false;
  const thread: ThreadHost<LaneCommand> = openThread<LaneCommand, LaneMessage>({
    entry: join(__dirname, 'lane-worker.js'),
    data: { plan, streamName, media, ...(nice !== undefined && { nice }) } satisfies LaneWorkerData,
    onMessage: (message) => {
      switch (message.type) {
        case 'ready': { opened = true; ready.resolve(message); break; }
        case 'failed': { closing = true; ready.reject(fromWire(message.error)); break; }
        case 'state': { events.onState(message.state); break; }
        case 'dead': { closing = true; events.onDeath(fromWire(message.error), message.isTold); break; }
        case 'warning': { events.onWarning(message.message); break; }
        case 'ask': { events.onAsk?.(message.question); break; }
        case 'ask-over': { events.onAskOver?.(message.requestId); break; }
        case 'progress': { events.onDownload(Math.floor((100 * message.receivedBytes) / message.totalBytes)); break; }
      }
    },
    onExit: (error) => {
      forgetThread(thread.id);
      const why = new StreamInferError(opened ? 'ALGO_RUN_FAILED' : 'ALGO_OPEN_FAILED', `${plan.name}: its thread ended: ${error?.message ?? 'it left by itself'}`);
      ready.reject(why);
      if (!closing) events.onDeath(why, false);
    },
  });
  return {
    ready: ready.promise,
    attach: (priority) => {
      const { port1, port2 } = new MessageChannel();
      thread.post({ type: 'attach', port: port2, priority }, [port2]);
      return port1;
    },
    set: (options) => { thread.post({ type: 'set', options }); },
    answer: (answer) => { thread.post({ type: 'answer', answer }); },
    close: async () => {
      closing = true;
      thread.post({ type: 'close' });
      const timer = setTimeout(() => { if (isUserCode(plan) || plan.kind === 'python') thread.terminate(); }, CLOSE_MS);
      const deadline = new Promise<void>((resolve) => { setTimeout(resolve, CLOSE_MS + 500).unref(); });
      await Promise.race([thread.ended, deadline]);
      clearTimeout(timer);
    },
    kill: () => {
      closing = true;
      thread.terminate();
    },
  };
}
