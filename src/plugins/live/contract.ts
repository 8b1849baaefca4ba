/*
 * What the editor's pages (`src/web`) ask the admin routes of this plugin, and what they are answered. Types only.
 * Routes are relative to Node-RED's admin root; those that only tell need the permission `stream-infer.read`, those
 * that change something `stream-infer.write`. What goes wrong is `{ code, message }` with a status of 400 or more.
 *
 *   GET  stream-infer/streams                      StreamsAnswer
 *   POST stream-infer/streams/:streamId            StreamRequest, answered with 204
 *   POST stream-infer/pictures                     PicturesRequest, answered with PicturesAnswer
 */

/** How a stream is; `stalled`: its source is lost and tried again. */
export type StreamState = 'idle' | 'connecting' | 'playing' | 'paused' | 'stalled' | 'finished' | 'failed';

/** Why there is no result or file. */
export type Trouble = { readonly code: string; readonly message: string };

/** Milliseconds; absent where it never ran. */
export type Durations = { readonly p50: number; readonly p95: number };

/** The newest result of an algo. */
export type LastResult = {
  /** Seconds of the stream. */
  readonly position: number;
  /** Plain data, long lists and texts cut. */
  readonly result: unknown;
  /** Things that it holds: detections, words, rows; absent where it is no list. */
  readonly count?: number;
};

export type AlgoView = {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly state: 'idle' | 'opening' | 'ready' | 'waiting' | 'failed';
  /** For a model: family, execution provider and so on. */
  readonly description?: Readonly<Record<string, unknown>>;
  readonly frameCount: number;
  readonly frameStep: number;
  /** Seconds from run to run; 0: every frame. */
  readonly interval: number;
  /** Of the present play. */
  readonly runs: number;
  /** Turns without a result, by cause (`busy`, `failed` …). */
  readonly skipped: Readonly<Record<string, number>>;
  readonly inference?: Durations;
  /** From the delivery of a window's newest frame to the begin of its run. */
  readonly age?: Durations;
  readonly last?: LastResult;
  readonly error?: Trouble;
};

export type RecorderView = {
  readonly id: string;
  readonly name: string;
  readonly isRecording: boolean;
  /** The file that is written, or was last. */
  readonly path?: string;
  readonly error?: Trouble;
};

export type StreamView = {
  readonly id: string;
  readonly name: string;
  /** Of the flow's nodes; absent for a stream of the studio. */
  readonly sourceId?: string;
  readonly producerId?: string;
  /** All nodes that it goes through. */
  readonly nodeIds: readonly string[];
  readonly engineId: string;
  readonly mode: 'realtime' | 'offline';
  readonly state: StreamState;
  /** No end and no seeking. */
  readonly isLive?: boolean;
  /** Of the source's frames, in pixels. */
  readonly width?: number;
  readonly height?: number;
  /** Delivered frames a second: what it should be, and what it is. */
  readonly nominalFps?: number;
  readonly fps?: number;
  /** Seconds. */
  readonly position?: number;
  readonly duration?: number;
  /** 0…100. */
  readonly percent?: number;
  /** Seconds to the end. */
  readonly eta?: number;
  readonly delivered: number;
  /** Frames left out, by cause (`late`, `decode`, `network`). */
  readonly dropped: Readonly<Record<string, number>>;
  /** Of a live source: its picture does not change, or is black. */
  readonly picture?: 'frozen' | 'black';
  readonly algos: readonly AlgoView[];
  readonly recorders: readonly RecorderView[];
  readonly error?: Trouble;
};

export type EngineView = {
  /** Id of the stream-engine; '': the default one. */
  readonly id: string;
  readonly name: string;
  readonly isReady: boolean;
  /** Of one core, 0…100 × cores; absent until measured. */
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
  readonly streamIds: readonly string[];
};

export type StreamsAnswer = { readonly streams: readonly StreamView[]; readonly engines: readonly EngineView[] };

/** What a stream is told; of the flow's streams `start` and `stop` hold for all of the same source. `step`: one frame, while it is paused. */
export type StreamRequest =
  | { readonly action: 'start' | 'stop' | 'pause' | 'resume' | 'step' }
  /** Seconds. */
  | { readonly action: 'seek'; readonly position: number };

/** A picture that somebody looks at. */
export type PictureWish = {
  /** Chosen by who asks; names the answer. */
  readonly key: string;
  readonly stream: string;
  /** Pixels, 16…1920; the height follows, and no picture is made bigger than the source. */
  readonly width: number;
  /** The algos whose results are drawn, by id; absent: all. */
  readonly draw?: readonly string[];
  /** The one that is there already: answered is another. */
  readonly after?: string;
  /** Milliseconds between two pictures, at least 40. Default 200. */
  readonly everyMs?: number;
};

export type PicturesRequest = { readonly wishes: readonly PictureWish[] };

/**
 * Answered soon after one of the pictures is there, with all that are; after 20 s without any, with none. The next is
 * asked for when an answer is there, so that a slow line gets fewer pictures and never old ones.
 */
export type PicturesAnswer = { readonly pictures: readonly LivePicture[] };

export type LivePicture = {
  /** Of the wish. */
  readonly key: string;
  /** For `after`. */
  readonly id: string;
  readonly width: number;
  readonly height: number;
  /** Seconds of the stream. */
  readonly position: number;
  /** In base64. */
  readonly jpeg: string;
};
