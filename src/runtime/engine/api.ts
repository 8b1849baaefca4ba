import type { FlowWindow } from '../algo/index.js';
import type { AlgoResult, StreamEvent, StreamPlan, StreamStats, StreamTotals } from '../base/index.js';

/** What a playing stream obeys. `algoId` and `recorderId` are ids of its plan. */
export type StreamCommand =
  | { readonly action: 'pause' | 'resume' }
  /** To the next frame that is used, while it is paused: `STATE_INVALID` where it is not. Streams that share the source step with it. */
  | { readonly action: 'step' }
  /** Files only; seconds. */
  | { readonly action: 'seek'; readonly position: number }
  | { readonly action: 'algo'; readonly algoId: string; readonly do: 'enable' | 'disable' | 'run' }
  /** Takes effect at the next turn. */
  | {
      readonly action: 'algo';
      readonly algoId: string;
      readonly do: 'set';
      readonly interval?: number;
      readonly scoreThreshold?: number;
      readonly iouThreshold?: number;
    }
  /** `clip`: around the newest frame, of a recorder that makes clips. */
  | { readonly action: 'recorder'; readonly recorderId: string; readonly do: 'start' | 'stop' | 'clip' };

/** A flow algo's question: what is the result for these frames? */
export type FlowQuestion = FlowWindow & {
  /** Names the question in its answer; unique. */
  readonly requestId: string;
};

/** A question with whose it is. */
export type FlowRequest = FlowQuestion & { readonly streamId: string; readonly algoId: string; /** The algo's name. */ readonly algo: string };

/** The result, plain data, or why there is none. */
export type FlowAnswer = {
  readonly requestId: string;
  readonly streamId: string;
  readonly algoId: string;
} & ({ readonly result: unknown; readonly error?: undefined } | { readonly error: string });

/** How a picture of a stream is to be. */
export type SnapshotOptions = {
  /** Pixels a row; no more than the producer's frames have are given, and the height follows from them. */
  readonly width: number;
  /** Algos, by id, whose newest results are drawn. Absent: all. */
  readonly draw?: readonly string[];
  /** Bytes; quality is lowered until it has no more, or can be lowered no further. Absent: any. */
  readonly maxBytes?: number;
  /** Index of a frame that is known: a paused stream, which gives its newest frame at once, then waits for another. */
  readonly after?: number;
};

/** A frame as somebody sees it, with what is known of it drawn. */
export type Snapshot = {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** `FrameInfo.index` and `StreamInfo.epoch` of the frame. */
  readonly index: number;
  readonly epoch: number;
  /** Seconds from the start of the stream. */
  readonly position: number;
  readonly jpeg: Uint8Array;
};

/** What the process of an engine has taken; of an engine in the caller's process that of the caller. */
export type EngineUsage = {
  /** Resident memory. */
  readonly memoryBytes: number;
  /** Of all cores together, since its start: two of these tell the load between them. */
  readonly cpuSeconds: number;
};

export type EngineHandlers = {
  readonly onResult: (result: AlgoResult) => void;
  readonly onEvent: (event: StreamEvent) => void;
  /** A flow algo wants a result: `answer` tells it. Without this handler plans with flow algos are refused. */
  readonly onFlowRequest?: (request: FlowRequest) => void;
  /** A request whose answer nobody waits for any more: it took too long, or the stream has been stopped. */
  readonly onFlowOver?: (requestId: string) => void;
  /** The engine itself: `ready`, `crashed` (streams come back by themselves after `restartIn` seconds), `closed`. */
  readonly onEngine?: (event: { readonly event: 'ready' | 'crashed' | 'closed'; readonly message?: string; readonly restartIn?: number }) => void;
};

/**
 * Makes and keeps streams. The same shape in the caller's process (`openEngine`) and in a supervised child process
 * (`openEngineClient`, what the nodes use: it loads no native code in the caller).
 */
export interface Engine {
  /**
   * Starts a stream, or leaves it alone when one of that id plays the very same plan; another plan under the same id
   * replaces it. Resolves when the engine has taken it on; what follows comes as events, failures included.
   */
  start(plan: StreamPlan): Promise<void>;
  /** Finishes what was accepted (recordings are closed), then ends the stream; resolves after its `ended`. Unknown ids are fine. */
  stop(streamId: string): Promise<void>;
  /** Rejects with `STREAM_UNKNOWN`, `STATE_INVALID` or `OPTION_INVALID`. */
  command(streamId: string, command: StreamCommand): Promise<void>;
  /**
   * What the stream has cost since this engine started it; at its end `totals.stats` of the `ended` event tells it. Rejects
   * with `STREAM_UNKNOWN`, or with `STATE_INVALID` where the stream has just ended.
   */
  stats(streamId: string): Promise<StreamStats>;
  /** What the stream has done so far, as `totals` of its `ended` event will tell. Rejects as `stats`. */
  totals(streamId: string): Promise<StreamTotals>;
  /**
   * The next frame that the stream delivers, as a JPEG; of a file played offline the next one that is decoded for others. Nothing is
   * made before it is asked for. Rejects as `stats`, and with `STATE_INVALID` when the stream ends before a frame comes.
   */
  snapshot(streamId: string, options: SnapshotOptions): Promise<Snapshot>;
  /** Rejects with `ENGINE_CRASHED` while its process is being started anew. */
  usage(): Promise<EngineUsage>;
  /** The answer to a request of `onFlowRequest`. One that comes too late, or to no request, is ignored. */
  answer(answer: FlowAnswer): void;
  /** Stops all streams, then ends. At most 10 s, then as `destroy`. May be called twice. */
  close(): Promise<void>;
  /** Ends now. */
  destroy(): Promise<void>;
}
