import type { Frame, FrameInfo, PixelFormat, StreamInferError, StreamInfo, WireError } from '../base/index.js';
import type { Letterbox, Region, TensorSpec } from '../vision/index.js';

/** What an algo is told beside its frames. */
export type AlgoContext = {
  /** The algo's name, as results carry it. */
  readonly name: string;
  /** The stream's name. */
  readonly stream: string;
  /** `kwargs` of the plan. */
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** Aborted when the run took too long, when it is given up for a newer turn (late policy `restart`), or when the stream ends. */
  readonly signal: AbortSignal;
};

/**
 * Base class of a user's algo; any object with these three methods will do. One instance serves one stream, its runs
 * never overlap, and what it keeps between them is its own.
 */
export abstract class Algo {
  /**
   * Whether frames may be kept after a run: they are then new memory each time, and the algo's own. With false their memory
   * is taken back when the run has ended (what was kept is then empty), and filled again, which saves a millisecond of CPU a
   * megabyte. Default true.
   */
  readonly keepsFrames: boolean = true;

  /** Once, before the first run: load what is needed. */
  open?(context: AlgoContext): void | Promise<void>;

  /**
   * At every turn, with the frames of the window, oldest first.
   * @returns Plain data (what structuredClone takes); `undefined` becomes `null`.
   */
  abstract run(frames: readonly Frame[], context: AlgoContext): unknown;

  /** Once, after the last run, also when a run failed. */
  close?(): void | Promise<void>;
}

/** What a lane wants of each frame: pixels of the whole window, or one input tensor of its newest frame. */
export type FrameNeed =
  | {
      readonly kind: 'pixels';
      /** Absent: the producer's. `height` absent: keeps the aspect. */
      readonly width?: number;
      readonly height?: number;
      /** In place of both: the source's own size, made smaller where a side is longer. */
      readonly maxSide?: number;
      readonly format?: PixelFormat;
    }
  | { readonly kind: 'tensor'; readonly spec: TensorSpec };

/**
 * A frame on its way to a lane: pixels as needed, or the tensor and where the whole frame lies in it. `stream`: as it was at that frame.
 * `crop`: the part of the source's frame that it is; absent: all of it.
 */
export type LaneFrame = { readonly info: FrameInfo; readonly stream?: StreamInfo; readonly crop?: Region } & (
  | { readonly kind: 'pixels'; readonly width: number; readonly height: number; readonly format: PixelFormat; readonly data: ArrayBuffer }
  | { readonly kind: 'tensor'; readonly letterbox: Letterbox; readonly data: ArrayBuffer }
);

/** What an open algo tells of what it depends on: it cannot run for now and tries again by itself, or it can again. */
export type AlgoState = { readonly state: 'waiting'; readonly error: WireError; /** Seconds to the next try. */ readonly retryIn: number } | { readonly state: 'ready' };

/** Why an algo can run no more. `isTold`: a run has failed with it. */
export type AlgoDeath = { readonly error: StreamInferError; readonly isTold: boolean };

/** How a lane's algo runs several windows at once. */
export type LaneBatch = {
  /** Numbers of windows that it takes at once, rising, each at least 2. */
  readonly sizes: readonly number[];
  /** Whether each result is, to the last bit, the one that the window alone would give. */
  readonly exact: boolean;
  /** As many windows as one of `sizes`, of any streams; their results in the same order. */
  run(windows: readonly (readonly LaneFrame[])[], signal: AbortSignal, onInferred?: () => void): Promise<unknown[]>;
};

/** An algo as a lane's thread holds it: ready to run. Kinds (ONNX, module, motion) differ only in who makes one. */
export interface LaneAlgo {
  readonly needs: FrameNeed;
  /** Whether frames stay its own after a run. Absent: their memory is used again. */
  readonly keepsFrames?: boolean;
  /** For badges and logs: `{ family, executionProvider, labels… }`. */
  readonly description: Readonly<Record<string, unknown>>;
  /**
   * Frames oldest first; a tensor need gets exactly one. Plain data back. `onInferred` is called when the model has given
   * its outputs and what follows is post-processing; by algos without such a part never.
   */
  run(frames: readonly LaneFrame[], signal: AbortSignal, onInferred?: () => void): Promise<unknown>;
  /** Absent: one window at a time. Only for algos that keep nothing between runs. */
  readonly batch?: LaneBatch | undefined;
  /** Resolves when the algo can run no more and has to be opened anew. Absent: never. */
  readonly died?: Promise<AlgoDeath>;
  close(): Promise<void>;
}
