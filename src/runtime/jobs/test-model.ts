import { z } from 'zod';

import { type ModelReport, type OnnxAlgo, openOnnxAlgo, type resolveModelFile, withModelFiles } from '../algo/index.js';
import { check, MAX_FRAME_SIDE, type ProducerOptions, type SourceOptions, StreamInferError, systemClock, type TaskResult } from '../base/index.js';
import { onnxOptionsSchema, producerSchema, sourceSchema } from '../base/plan.js';
import { type Decoder, makeFrame, type MediaBackend, openBackend, type Picture } from '../media/index.js';
import { makeLaneFrame } from '../engine/index.js';
import { drawResult } from '../record/index.js';
import { apartFromCredentials } from './paths.js';

const optionsSchema = z.strictObject({
  model: z.string().trim().min(1, 'expected the path of a model').max(4096),
  options: onnxOptionsSchema.prefault({}),
  source: sourceSchema,
  producer: producerSchema.pick({ backend: true, ffmpegPath: true }).prefault({}),
  maxSide: z.int().min(16).max(MAX_FRAME_SIDE).optional(),
  maxBytes: z.int().min(10_000).optional(),
});

export type TestModelOptions = {
  /** Path of an `.onnx` file or a TensorFlow.js `model.json`, `catalogue:NAME` (fetched where it is not here yet), or `npm:PACKAGE/PATH`. */
  readonly model: string;
  /** A location, or the source's settings: see `sourceSchema`. Its first picture is taken, from `position` on. */
  readonly source: string | z.input<typeof sourceSchema>;
  /** What overrules the model: see `onnxOptionsSchema`. */
  readonly options?: z.input<typeof onnxOptionsSchema>;
  /** What decodes. */
  readonly producer?: { readonly backend?: ProducerOptions['backend']; readonly ffmpegPath?: string };
  /** Pixels of the drawn picture's longer side at most; the model gets the source's own size. Default: the source's. */
  readonly maxSide?: number;
  /** Bytes that the drawn picture should have at most: its quality gives way. Default: no limit. */
  readonly maxBytes?: number;
  /** Told while a model of the catalogue comes in. */
  readonly onProgress?: NonNullable<Parameters<typeof resolveModelFile>[1]>['onProgress'];
  /** Aborted: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

/** One run of a model on one picture; plain data. */
export type ModelTest = {
  /** What was decided about the model. */
  readonly report: ModelReport;
  /** What computed it. */
  readonly executionProvider: string;
  /** What was asked for and could not be had. */
  readonly warning?: string;
  /** The picture that it ran on: pixels of the source, seconds from its start. */
  readonly frame: { readonly width: number; readonly height: number; readonly position: number };
  /** Of the shape of the model's task (`RESULT_SCHEMAS`). */
  readonly results: TaskResult;
  /** Milliseconds: loading the model with its first run, which counts nowhere else; the model's run; reading its outputs. */
  readonly timing: { readonly openMs: number; readonly inferenceMs: number; readonly postprocessMs: number };
  /** The picture with the results drawn into it, as a JPEG. */
  readonly picture: { readonly width: number; readonly height: number; readonly jpeg: Uint8Array };
};

type Checked = z.output<typeof optionsSchema> & { readonly signal: AbortSignal };

/**
 * Runs a model on the first picture of a source, as a stream would, and draws what it finds. Decoding and inference happen in
 * the caller's process; `testModelApart` has one of its own. Throws `OPTION_INVALID`, and the `MODEL_…`, `SOURCE_…` and `BACKEND_MISSING` errors.
 */
export async function testModel(given: TestModelOptions): Promise<ModelTest> {
  const { signal = new AbortController().signal, onProgress, source, ...rest } = given;
  const checked = check(optionsSchema, { ...rest, source: typeof source === 'string' ? { location: source } : source });
  signal.throwIfAborted();
  const { model, options } = await withModelFiles(checked, { signal, ...(onProgress && { onProgress }) });
  const start = systemClock.now();
  const algo = await openOnnxAlgo({ model, options: { ...options, batch: 1 } });
  const openMs = systemClock.now() - start;
  try {
    return await testOn(algo, { ...checked, signal }, openMs);
  } finally {
    await algo.close();
  }
}

async function testOn(algo: OnnxAlgo, checked: Checked, openMs: number): Promise<ModelTest> {
  const { producer, signal } = checked;
  const { backend } = await openBackend(producer);
  const source = apartFromCredentials(checked.source);
  const decoder = await backend.openDecoder({ source, producer: producerSchema.parse(producer), threads: 1, realtime: false, signal });
  try {
    const picture = await firstPicture(decoder, source);
    try {
      const { results, ...timing } = await runOn(algo, picture, signal);
      const { report, description, warning } = algo;
      return {
        report,
        executionProvider: String(description['executionProvider']),
        ...(warning === undefined ? {} : { warning }),
        frame: { width: picture.width, height: picture.height, position: picture.ptsUs / 1e6 },
        results,
        timing: { openMs, ...timing },
        picture: await drawn(backend, { picture, results, checked }),
      };
    } finally {
      picture.release();
    }
  } finally {
    await decoder.close();
  }
}

async function firstPicture(decoder: Decoder, { position }: SourceOptions): Promise<Picture> {
  if (position > 0 && !decoder.info.live) await decoder.seek(position);
  const picture = await decoder.next();
  if (picture === undefined) throw new StreamInferError('SOURCE_READ_FAILED', `there is no picture from ${position} s on`);
  return picture;
}

async function runOn(algo: OnnxAlgo, picture: Picture, signal: AbortSignal): Promise<{ results: TaskResult; inferenceMs: number; postprocessMs: number }> {
  const { ptsUs, sourceIndex, width, height } = picture;
  const info = { index: 1, sourceIndex, ptsUs, width, height };
  const frame = makeLaneFrame(algo.needs, { picture, info, stage: { width, height, format: 'bgr24' } });
  const start = systemClock.now();
  let inferred = start;
  const results = await algo.run([frame], signal, () => {
    inferred = systemClock.now();
  });
  return { results, inferenceMs: inferred - start, postprocessMs: systemClock.now() - inferred };
}

/** Tried one after the other until the picture is small enough. */
const QUALITIES = [90, 70, 45, 20, 1] as const;

async function drawn(backend: MediaBackend, given: { picture: Picture; results: TaskResult; checked: Checked }): Promise<ModelTest['picture']> {
  const { picture, results, checked: { maxSide, maxBytes = Infinity } } = given;
  const scale = Math.min(1, (maxSide ?? Infinity) / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(2, Math.round(side * scale))) as [number, number];
  const frame = makeFrame(picture, { width, height, format: 'rgb24' }, 1);
  drawResult(frame, { algo: '', result: results, frame: picture });
  const encoder = backend.openJpegEncoder();
  try {
    let jpeg = new Uint8Array();
    for (const quality of QUALITIES) {
      jpeg = Uint8Array.from(await encoder.encode(frame, quality));
      if (jpeg.length <= maxBytes) break;
    }
    return { width, height, jpeg };
  } finally {
    encoder.close();
  }
}
