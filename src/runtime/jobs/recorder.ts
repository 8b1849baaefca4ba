import { z } from 'zod';

import { check, type Frame, StreamInferError, systemClock } from '../base/index.js';
import { producerSchema, recorderSchema } from '../base/plan.js';
import { fractionOf, openBackend } from '../media/index.js';
import { openRecording } from '../record/index.js';

const { path, overwrite, crf, preset } = recorderSchema.shape;
const { width, height, backend, ffmpegPath } = producerSchema.shape;

const optionsSchema = z.strictObject({
  /** Where the mp4 goes: see `recorderSchema`; `{date}` and `{time}` are filled in, `.mp4` is added where it lacks. */
  path,
  /** Writes over an existing file; otherwise `-2`, `-3` … is added to the name. Default false. */
  overwrite,
  /** Pixels that frames must have; an odd side is recorded one pixel smaller. Default: as the first frame. */
  width,
  height,
  /** Frames a second that the file states; when a frame is shown is told by its own `pts`. */
  fps: z.number().positive().max(1000),
  /** x264's constant rate factor: 0 lossless … 51 worst. Default 23. */
  crf,
  /** x264's speed: faster makes bigger files for the same quality. Default veryfast. */
  preset,
  /** What encodes: see `producerSchema`. Default auto. */
  backend,
  ffmpegPath,
});

export type RecorderOptions = z.input<typeof optionsSchema>;

/** One video being written, frame by frame. It bears a temporary name until it is closed, and plays even if it never is. */
export interface Recorder {
  /** Where the file will be. */
  readonly path: string;
  /**
   * Adds a frame, as it is. It stays the caller's and must not change until this resolves; waiting for it keeps memory
   * bounded. Time stamps that do not grow are mended. Throws `RECORD_OPEN_FAILED` (first frame: no encoder) and
   * `RECORD_WRITE_FAILED` (a full disk, a frame of another size than the first or with too little data), `STATE_INVALID`
   * after `close`.
   */
  write(frame: Frame): Promise<void>;
  /** Finishes the file; without a frame none is left. May be called twice. Throws `RECORD_WRITE_FAILED`. */
  close(): Promise<{ readonly path: string; readonly frames: number }>;
}

/**
 * A recorder for frames from anywhere: a `process` hook, `openProducer`, pixels of one's own. It encodes with native
 * code in the caller's process (or the ffmpeg program, see `backend`). Throws `OPTION_INVALID`, `BACKEND_MISSING`,
 * and `RECORD_OPEN_FAILED` where no file can be made.
 */
export async function openRecorder(given: RecorderOptions): Promise<Recorder> {
  const options = check(optionsSchema, given);
  const { backend: media } = await openBackend(options);
  const recording = await openRecording({
    plan: check(recorderSchema, { id: 'recorder', path: options.path, overwrite: options.overwrite, crf: options.crf, preset: options.preset }),
    stream: { name: 'recording', fps: fractionOf(options.fps), epoch: 0 },
    // for pictures of a decoder only: frames bring their own
    size: { width: 0, height: 0 },
    openEncoder: (encoder) => media.openEncoder(encoder),
    clock: systemClock,
    threads: 0,
  });
  return {
    get path() { return recording.path; },
    async write(frame) {
      const wanted = { width: options.width ?? frame.width, height: options.height ?? frame.height };
      if (frame.width !== wanted.width || frame.height !== wanted.height) {
        throw new StreamInferError('RECORD_WRITE_FAILED', `write recording ${recording.path}: expected a frame of ${wanted.width}x${wanted.height}, got ${frame.width}x${frame.height}`);
      }
      await recording.writePixels(frame);
    },
    close: () => recording.close(),
  };
}
