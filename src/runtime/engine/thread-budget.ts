import type { AlgoPlan, StreamPlan } from '../base/index.js';

/** Among what the cores are divided, at the moment a stream is opened. */
export type ThreadLoad = {
  /** Cores that the engine may use, at least 1. */
  readonly cores: number;
  /** Streams that play, this one among them. */
  readonly streams: number;
  /** Lanes that hold a model, those to be opened for this stream among them. */
  readonly lanes: number;
};

/** Threads of a stream's decoder, and of each of its encoders. */
export type StreamThreads = { readonly decode: number; readonly encode: number };

/** A live picture is decoded in slices, and few encoders cut more of them; a file's frames have no such limit. */
const MOST_REALTIME = 4;
/**
 * Frames wait for those they refer to, the more so where what lies between is left out, and for the thread that takes them: so many
 * more under way keep the cores busy (at 1080p, one frame a second used, 1.74 of 2 with none, 1.88 with two, 1.91 with four or six).
 */
const DECODED_AHEAD = 4;
/** ONNX Runtime gains little beyond. */
const MOST_INFERENCE = 8;

/** Threads for a stream: its share of the cores, as the number of streams is when it is opened. */
export function streamThreads(plan: StreamPlan, { cores, streams }: ThreadLoad): StreamThreads {
  const share = Math.max(1, Math.floor(cores / Math.max(1, streams)));
  if (plan.mode === 'realtime') return { decode: Math.min(MOST_REALTIME, share), encode: Math.min(MOST_REALTIME, share) };
  return { decode: share > 1 ? share + DECODED_AHEAD : share, encode: share };
}

/**
 * Threads for the inference of one lane, where its algo does not say. Realtime: its share of all cores but one, which is
 * left to the decoders: one thread that decodes beside one that infers beats both with all threads in turn.
 *
 * Offline one: how ONNX Runtime adds up a convolution depends on how many threads the work is cut for, and so do the last
 * digits of some models (NanoDet, UltraFace, 8-bit models by whole units; deterministic compute, its own option, does not
 * change that). With one thread they depend on nothing but the picture, however many cores the machine or the setting has.
 */
export function inferenceThreads(mode: StreamPlan['mode'], { cores, lanes }: ThreadLoad): number {
  if (mode === 'offline') return 1;
  return Math.min(MOST_INFERENCE, Math.max(1, Math.floor((cores - 1) / Math.max(1, lanes))));
}

/** The algo with the threads that it gets where it leaves the choice. */
export function withThreads(algo: AlgoPlan, threads: number): AlgoPlan {
  if (algo.kind !== 'onnx' || algo.options.threads > 0) return algo;
  return { ...algo, options: { ...algo.options, threads } };
}
