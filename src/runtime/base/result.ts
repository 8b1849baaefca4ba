import type { WireError } from './errors.js';
import type { StreamMode } from './plan.js';

/** What a result says of its stream. */
export type StreamInfo = {
  readonly id: string;
  readonly name: string;
  readonly mode: StreamMode;
  /** Delivered frames a second; 0 where the source does not say. */
  readonly fps: number;
  /** Size of the source's frames as displayed, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Raised by one after each reconnect, seek or loop: times before and after do not compare. From 0. */
  readonly epoch: number;
};

/** What one run of an algo gave. */
export type AlgoResult = {
  readonly streamId: string;
  readonly algoId: string;
  /** The algo's name. */
  readonly algo: string;
  /** Seconds from the start of the stream: exact time of the newest frame used. */
  readonly position: number;
  readonly frame: {
    readonly index: number;
    readonly sourceIndex: number;
    /** Seconds. */
    readonly pts: number;
    readonly width: number;
    readonly height: number;
  };
  readonly stream: StreamInfo;
  /** Plain data; of a model what `RESULT_SCHEMAS` says for its task. */
  readonly result: unknown;
  readonly timing: {
    /** Milliseconds that the run took, pre- and post-processing included; of a batch, all of it. */
    readonly inferenceMs: number;
    /** Milliseconds from the moment the newest frame was delivered to the result. */
    readonly latencyMs: number;
  };
};

/** How long one kind of work took, time after time: in milliseconds, to the microsecond and exact to 0.1 %; all 0 where it was never done. */
export type DurationSummary = {
  /** How often it was done. */
  readonly count: number;
  readonly mean: number;
  /** Half of the times it took no longer. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
};

/** What the runs of an algo cost; counted are those that gave a result. */
export type AlgoStats = {
  /** Making the pixels of the run's window, or the model's tensor, in the stream's thread. */
  readonly convert: DurationSummary;
  /** From handing a run to the algo's lane until it begins there: runs before it, those of other streams too, end first. */
  readonly wait: DurationSummary;
  /** The model or module itself. With `postprocess` it is what results tell as `timing.inferenceMs`. */
  readonly inference: DurationSummary;
  /** Making a result of a model's outputs: reading boxes, suppressing overlaps, mapping back to the frame. ONNX algos only. */
  readonly postprocess: DurationSummary;
  /**
   * How old the newest frame of the window was when the run began: from its delivery (in realtime the moment at which it is
   * played, or came from a live source). Offline it only tells how long frames queue.
   */
  readonly age: DurationSummary;
};

/** What a stream has cost since it was started. */
export type StreamStats = {
  /**
   * Getting a picture from the decoder; with the ffmpeg program the wait for it. Not of live sources: the wait for their next
   * picture is no cost, and cannot be told from decoding it.
   */
  readonly decode: DurationSummary;
  /** Drawing on, scaling and encoding a frame of a recording, each recorder by itself. */
  readonly encode: DurationSummary;
  /** By algo name. */
  readonly algos: Readonly<Record<string, AlgoStats>>;
};

/** Frames and runs by the end, or so far. */
export type StreamTotals = {
  readonly frames: {
    /** Decoded; some of them only because others refer to them. */
    readonly decoded: number;
    /** Of the source, not decoded: nobody uses them (offline). Decoded and skipped are together delivered, thinned and, of a file in realtime, those dropped as late. */
    readonly skipped: number;
    /** Left out by the producer's lower rate. */
    readonly thinned: number;
    /** What the producer gives, those that nobody uses included. */
    readonly delivered: number;
    /** Of those delivered: converted to pixels, for an algo, a recording or a hook. */
    readonly converted: number;
    /**
     * Frames that were left out, by cause: `late` (they came, or were ready, too late), `decode` (could not be decoded, or
     * only in part), `network` (never came from a live source of a constant rate).
     */
    readonly dropped: Readonly<Record<string, number>>;
  };
  /**
   * By algo name. Turns that gave no result, by cause: `busy` (the algo was), `restarted` (given up for a newer turn), `window`
   * (too few frames yet, offline), `still` (nothing moved, says the motion gate), `decode` (its frame could not be decoded, offline), `timeout`, `failed` (or the algo was not open), `stopped` (the stream was
   * stopped before its run could begin, or a flow had answered). Every turn is in one of them or in `runs`.
   */
  readonly algos: Readonly<Record<string, { readonly runs: number; readonly skipped: Readonly<Record<string, number>> }>>;
  /** Files written, finished ones only. */
  readonly recorded: readonly string[];
  /** By recorder id: frames that are in no file, because writing failed (a full disk); empty where all are. */
  readonly unrecorded: Readonly<Record<string, number>>;
  /** Wall seconds since the start. */
  readonly seconds: number;
  readonly stats: StreamStats;
};

/** Of something that was never done. */
export const NO_DURATIONS: DurationSummary = { count: 0, mean: 0, p50: 0, p95: 0, p99: 0, max: 0 };

/** Of a stream whose thread or process died with all that it had counted. */
export const NO_TOTALS: StreamTotals = {
  frames: { decoded: 0, skipped: 0, thinned: 0, delivered: 0, converted: 0, dropped: {} },
  algos: {},
  recorded: [],
  unrecorded: {},
  seconds: 0,
  stats: { decode: NO_DURATIONS, encode: NO_DURATIONS, algos: {} },
};

/** Why a stream came to its end. */
export type EndReason = 'finished' | 'stopped' | 'failed';

/** Why a clip was made. */
export type ClipCause = {
  /** Seconds of the stream: the frame that is always inside. */
  readonly position: number;
  /** A message, or a result. */
  readonly by: 'message' | 'result';
  /** Of a result: the algo's name, the thing with the highest score, and how many there were. */
  readonly algo?: string;
  readonly label?: string;
  readonly score?: number;
  readonly count?: number;
};

/** What is in the file of a clip. */
export type RecordedClip = {
  /** Seconds of the stream: the first and the last frame. */
  readonly start: number;
  readonly end: number;
  /** The first event. */
  readonly trigger: ClipCause;
  /** Events in it. */
  readonly triggers: number;
};

/** What happens to a stream, in the order it happens. `algo` is an algo's name, `algoId` and `recorderId` ids of the plan. */
export type StreamEvent = { readonly streamId: string } & (
  | { readonly event: 'connecting'; readonly location: string; readonly attempt: number }
  | {
      readonly event: 'started';
      readonly stream: StreamInfo;
      readonly backend: 'libav' | 'ffmpeg';
      readonly live: boolean;
      /** Threads of the decoder and of each encoder, as the engine chose them. */
      readonly threads: { readonly decode: number; readonly encode: number };
      /** Seconds; absent where unknown or endless. */
      readonly duration?: number;
    }
  | {
      readonly event: 'progress';
      readonly position: number;
      readonly duration?: number;
      /** 0…100. */
      readonly percent?: number;
      /** Frames a second delivered of late. */
      readonly fps: number;
      /** Seconds to the end at the present speed. */
      readonly eta?: number;
    }
  | { readonly event: 'paused' | 'resumed'; readonly position: number }
  | { readonly event: 'stalled'; readonly error: WireError; /** Seconds to the next try. */ readonly retryIn: number }
  | { readonly event: 'reconnected'; readonly stream: StreamInfo; readonly attempts: number }
  | {
      /** Of a live source: its picture has not changed, or has been black, for `seconds`; `ok`: that is over, it lasted `seconds`. */
      readonly event: 'picture';
      readonly state: 'frozen' | 'black' | 'ok';
      readonly seconds: number;
    }
  /** Of an algo its turns; of a recorder frames that are in no file (`failed`); else frames of the stream. */
  | { readonly event: 'dropped'; readonly algo?: string; readonly algoId?: string; readonly recorderId?: string; readonly counts: Readonly<Record<string, number>> }
  | {
      readonly event: 'algo';
      readonly algoId: string;
      readonly algo: string;
      /** `waiting`: what it depends on (a server, a process) does not answer and is tried again; its turns give nothing meanwhile. */
      readonly state: 'opening' | 'ready' | 'waiting';
      /** For a model: family, execution provider and so on, for badges; while it is fetched from the catalogue `{ downloaded, licence }`, whole percent and SPDX identifier. */
      readonly description?: Readonly<Record<string, unknown>>;
      /** Of `waiting`: why. */
      readonly error?: WireError;
      /** Of `waiting`: seconds to the next try. */
      readonly retryIn?: number;
    }
  | {
      readonly event: 'recording';
      readonly recorderId: string;
      /** `recovered`: a file that a crash had left is whole and has its name. */
      readonly state: 'started' | 'finished' | 'recovered';
      readonly path: string;
      /** In the file; of `started` absent. */
      readonly frames?: number;
      /** Of a clip that is finished; clips are not told as `started`. */
      readonly clip?: RecordedClip;
    }
  | { readonly event: 'warning'; readonly message: string; readonly algoId?: string; readonly recorderId?: string }
  | { readonly event: 'error'; readonly error: WireError; readonly algoId?: string; readonly recorderId?: string; readonly fatal: boolean }
  | { readonly event: 'ended'; readonly reason: EndReason; readonly totals: StreamTotals; readonly error?: WireError }
);
