import type { MessagePort } from 'node:worker_threads';

import type { AlgoState, FrameNeed, LaneBatch, LaneFrame } from '../algo/index.js';
import type { AlgoPlan, AlgoResult, Frame, FrameInfo, StreamEvent, StreamPlan, WireError } from '../base/index.js';
import type { BackendOptions } from '../media/index.js';
import type { FlowAnswer, FlowQuestion, FlowRequest, SnapshotOptions, StreamCommand } from './api.js';
import type { Reply } from './requests.js';
import type { StreamThreads } from './thread-budget.js';

/*
 * Every message between the engine's threads and processes, in one place. Only plain data, ports and buffers cross.
 *
 *   client ──ClientMessage──► engine process ──MediaCommand──► media worker ──LaneRequest──► lane
 *          ◄──EngineMessage──                ◄──MediaMessage──              ◄──LaneReply───
 *                                            ──LaneCommand───────────────────────────────► lane worker
 *                                            ◄──LaneMessage──────────────────────────────
 */

/** What a stream's plan says of its decoding. */
export type SourcePlan = Pick<StreamPlan, 'source' | 'producer' | 'mode'>;

/** What a media worker starts with: what holds for all of its streams, and the producer of the first. */
export type MediaWorkerData = {
  readonly plan: SourcePlan;
  /** Of the decoder. */
  readonly threads: number;
  /** Niceness of the thread and of the decoder's; absent: that of whoever starts it. */
  readonly nice?: number;
};

/** A stream that shares a decode from its beginning, or where the source is live, from now on. */
export type AddedStream = {
  readonly plan: StreamPlan;
  readonly threads: StreamThreads;
  /** Epoch of the first frame. */
  readonly epoch: number;
};

/** An open lane as a media worker gets it. */
export type LaneLink = { readonly algoId: string; readonly port: MessagePort; readonly needs: FrameNeed; readonly batch?: BatchFacts | undefined };

/** What a stream must know of a lane that runs several windows at once. */
export type BatchFacts = Pick<LaneBatch, 'sizes' | 'exact'>;

/** What one stream of a media worker is told. */
export type StreamMediaCommand =
  /** The first one makes it ready to play; later ones replace lanes that died. */
  | { readonly type: 'lanes'; readonly lanes: readonly LaneLink[] }
  /** The owner's `process` hook answers at this port. */
  | { readonly type: 'process-port'; readonly port: MessagePort }
  | { readonly type: 'command'; readonly id: number; readonly command: StreamCommand }
  | { readonly type: 'totals'; readonly id: number }
  | { readonly type: 'snapshot'; readonly id: number; readonly options: SnapshotOptions }
  | { readonly type: 'stop' }
  /** Ends the stream as failed: an algo without which it cannot go on did not open. */
  | { readonly type: 'fail'; readonly error: WireError; readonly algoId: string };

export type MediaCommand =
  | ({ readonly type: 'add' } & AddedStream)
  /** The source is open and whoever shares its decode from the beginning is there: the playing begins. */
  | { readonly type: 'begin' }
  /** No stream is left, none will come. */
  | { readonly type: 'close' }
  | (StreamMediaCommand & { readonly streamId: string });

export type MediaMessage =
  /** The source is open, and waits for `begin`. */
  | { readonly type: 'opened'; readonly backend: 'libav' | 'ffmpeg'; readonly live: boolean }
  /** Nothing can be decoded here: all its streams have failed, and the worker ends. */
  | { readonly type: 'failed'; readonly error: WireError }
  | { readonly type: 'event'; readonly event: StreamEvent }
  | { readonly type: 'result'; readonly result: AlgoResult }
  | (Reply & { readonly streamId: string })
  /** A run did not come back in time, and its lane does not answer. */
  | { readonly type: 'lane-hangs'; readonly streamId: string; readonly algoId: string };

/** What a lane worker starts with. */
export type LaneWorkerData = { readonly plan: AlgoPlan; readonly streamName: string; /** What encodes pictures for a flow. */ readonly media: BackendOptions; /** Niceness of its threads. Absent: that of whoever starts it. */ readonly nice?: number };

export type LaneCommand =
  /** A stream of that priority comes: its runs arrive at this port until it is closed. */
  | { readonly type: 'attach'; readonly port: MessagePort; readonly priority: number }
  | { readonly type: 'set'; readonly options: { readonly scoreThreshold?: number; readonly iouThreshold?: number } }
  /** What a flow gave. */
  | { readonly type: 'answer'; readonly answer: FlowAnswer }
  | { readonly type: 'close' };

export type LaneMessage =
  | {
      readonly type: 'ready';
      readonly needs: FrameNeed;
      readonly description: Readonly<Record<string, unknown>>;
      readonly batch?: BatchFacts | undefined;
      readonly warning?: string;
    }
  /** What the algo depends on does not answer, or answers again. */
  | { readonly type: 'state'; readonly state: AlgoState }
  /** The algo can run no more; the lane ends. */
  | { readonly type: 'dead'; readonly error: WireError; readonly isTold: boolean }
  | { readonly type: 'failed'; readonly error: WireError }
  | { readonly type: 'warning'; readonly message: string }
  /** A flow algo's frames, with their memory. */
  | { readonly type: 'ask'; readonly question: FlowQuestion }
  | { readonly type: 'ask-over'; readonly requestId: string }
  /** A model of the catalogue comes in, before the lane can be ready. */
  | { readonly type: 'progress'; readonly receivedBytes: number; readonly totalBytes: number };

export type LaneRun = {
  readonly type: 'run';
  readonly runId: number;
  readonly frames: readonly LaneFrame[];
  /** Must not be part of a batch: its result would depend on what happens to wait beside it. */
  readonly alone: boolean;
  /** Of the system's clock. */
  readonly sentAtMs: number;
};

export type LaneRequest =
  | LaneRun
  /** Nobody waits for what that run gives: its signal is aborted. It is answered all the same, when it has ended. */
  | { readonly type: 'give-up'; readonly runId: number }
  /** A turn waits for its run, whose frames are made when the lane says `go`. */
  | { readonly type: 'ask' }
  /** After a `go`: no turn waits any more. */
  | { readonly type: 'pass' };

/** What a lane tells a stream beside its replies. */
export type LaneNotice =
  /** Whether runs are to be asked for first: so many streams share the lane that frames would grow old in its queue. At the beginning they are not. */
  | { readonly type: 'asking'; readonly isOn: boolean }
  /** To one `ask`: the run is next, or nearly so. */
  | { readonly type: 'go' };

/** How long a run took in its lane. */
export type LaneTiming = {
  /** From the request's sending to the beginning of the run. */
  readonly waitMs: number;
  /** The whole run. */
  readonly inferenceMs: number;
  /** The part of it that came after the model; absent where the algo has no such part. */
  readonly postprocessMs?: number;
  /** Windows that the run took at once. Absent: one. */
  readonly windows?: number;
};

export type LaneReply = {
  readonly runId: number;
  /** Memory of the frames, given back for the next ones. */
  readonly buffers: readonly ArrayBuffer[];
} & (
  | { readonly type: 'done'; readonly result: unknown; readonly timing: LaneTiming }
  /** `isLast`: the algo can run no more, another lane will take its place. */
  | { readonly type: 'failed'; readonly error: WireError; readonly isLast?: boolean }
);

/** One delivered frame for the owner's `process` hook, with the newest result of every algo. */
export type ProcessRequest = { readonly id: number; readonly info: FrameInfo; readonly frame: Frame; readonly results: readonly AlgoResult[] };

/** The frame to be recorded in its place, if any. */
export type ProcessReply = { readonly id: number; readonly frame?: Frame; readonly error?: WireError };

/** By algo id: why it is not run. */
export type SetAside = Readonly<Record<string, WireError>>;

export type ClientMessage =
  | { readonly type: 'start'; readonly id: number; readonly plan: StreamPlan; readonly epoch: number; readonly setAside: SetAside }
  | { readonly type: 'stop'; readonly id: number; readonly streamId: string }
  | { readonly type: 'command'; readonly id: number; readonly streamId: string; readonly command: StreamCommand }
  | { readonly type: 'totals'; readonly id: number; readonly streamId: string }
  | { readonly type: 'snapshot'; readonly id: number; readonly streamId: string; readonly options: SnapshotOptions }
  | { readonly type: 'usage'; readonly id: number }
  | { readonly type: 'close'; readonly id: number }
  | { readonly type: 'answer'; readonly answer: FlowAnswer }
  | { readonly type: 'ping' };

/** What an engine process says, and the how manieth of its messages that is, from 1. */
export type Numbered = EngineMessage & { readonly number: number };

export type EngineMessage =
  | { readonly type: 'ready' }
  | Reply
  | { readonly type: 'event'; readonly event: StreamEvent }
  | { readonly type: 'result'; readonly result: AlgoResult }
  /** Beside the reply to a `snapshot` the only message between processes that carries pixels: those that a flow asked for. */
  | { readonly type: 'flow-request'; readonly request: FlowRequest }
  | { readonly type: 'flow-over'; readonly requestId: string }
  | { readonly type: 'pong'; readonly rssBytes: number };
