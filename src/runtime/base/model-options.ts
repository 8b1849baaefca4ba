import { z } from 'zod';

import { MAX_BOXES, MAX_LABEL_LENGTH, MAX_LABELS } from './limits.js';
import { slicesSchema } from './look-schema.js';

/** Families of ONNX models whose outputs are understood. `auto` recognises the family from the model. */
export const MODEL_FAMILIES = [
  'yolox', 'yolov5', 'yolov8', 'nanodet', 'fastestdet', 'end2end', 'centernet', 'detr', 'ssd', 'tfod',
  'yunet', 'scrfd', 'ultraface', 'blazeface',
  'yolo-seg', 'yolo-pose', 'yolo-obb', 'movenet', 'semantic', 'ppocr',
  'classify', 'embed', 'raw',
] as const;

/** One number for all channels, or one for each in the tensor's order. */
const channelNumbers = z.array(z.number().min(-1e6).max(1e6)).refine(({ length }) => length === 1 || length === 3, 'expected one number, or three with commas between');

/** How a picture becomes a model's input. What is `auto` or left out is read from the model, or guessed from its family. */
export const modelInputSchema = z.strictObject({
  /** Pixels; only for a side that the model leaves free. */
  width: z.int().min(8).max(4096).optional(),
  /** Pixels; only for a side that the model leaves free. */
  height: z.int().min(8).max(4096).optional(),
  /** `letterbox-*` keep the aspect and pad; `stretch` fills the input. Default auto. */
  fit: z.enum(['auto', 'letterbox-center', 'letterbox-topleft', 'stretch']).default('auto'),
  /** Where the channels are, for a model that leaves it open: `NCHW` first, `NHWC` last. Default auto. */
  layout: z.enum(['auto', 'NCHW', 'NHWC']).default('auto'),
  /** Order of the colours. Default auto. */
  channels: z.enum(['auto', 'rgb', 'bgr']).default('auto'),
  /** What pixels become before `mean` and `std`, which are 0 and 1 unless given with it. Default auto. */
  range: z.enum(['auto', '0-255', '0-1', '-1-1']).default('auto'),
  /** Value = (pixel in `range` − mean) ÷ std. */
  mean: channelNumbers.optional(),
  std: channelNumbers.refine((numbers) => numbers.every((number) => number > 0), 'expected numbers above 0').optional(),
});
export type ModelInputOptions = z.output<typeof modelInputSchema>;

/** Settings of an ONNX algo that overrule what the model says. */
export const onnxOptionsSchema = z.strictObject({
  /** Detections below are left out; 0…1. Default 0.3. */
  scoreThreshold: z.number().min(0).max(1).default(0.3),
  /** Boxes that overlap a better one by more than this IoU are left out; 0…1. Default 0.45. */
  iouThreshold: z.number().min(0).max(1).default(0.45),
  /** Whether a box is compared only with boxes of its own class. Default per-class. */
  nms: z.enum(['per-class', 'class-agnostic']).default('per-class'),
  /** Most detections a frame, best first. Default 300. */
  maxDetections: z.int().min(1).max(MAX_BOXES).default(300),
  /** Only these labels (or class numbers as text; of text, lines that read so) are kept; empty: all. */
  labels: z.array(z.string().max(MAX_LABEL_LENGTH)).max(10_000).default([]),
  /** Names of the model's classes in its order: a file (one a line, or a JSON array), or the names. */
  classNames: z.union([z.string().max(4096), z.array(z.string().max(MAX_LABEL_LENGTH)).max(MAX_LABELS)]).optional(),
  /** The model's family. Default auto. */
  family: z.enum(['auto', ...MODEL_FAMILIES]).default('auto'),
  /** Family `ppocr`: the model that reads the text that `model` finds; given as `model` is. */
  recognition: z.string().trim().min(1).max(4096).optional(),
  /** The characters that `recognition` tells apart: a file of them, one a line, or `npm:PACKAGE/PATH`. Default: what its metadata says. */
  characters: z.string().trim().min(1).max(4096).optional(),
  /** What the picture has to look like, where the guess is wrong. */
  input: modelInputSchema.prefault({}),
  /** Execution providers in order of preference; the first that works runs. Default cpu. */
  executionProviders: z.array(z.string().max(64)).min(1).max(16).default(['cpu']),
  /**
   * Settings of single providers, by their names in ONNX Runtime for JavaScript: `{ cuda: { deviceId: 1 } }` (also `tensorrt`, `dml`),
   * `{ coreml: { coreMlFlags: 32 } }`, `{ webgpu: { preferredLayout: 'NHWC' } }`. A provider that refuses its own is passed over. Default none.
   */
  providerOptions: z
    .record(z.string().max(64), z.record(z.string().max(64), z.union([z.string().max(4096), z.number(), z.boolean(), z.array(z.string().max(4096)).max(1000)])))
    .default({}),
  /** Threads of one inference; 0: the engine decides. With more than one, last digits of some models depend on the number. Default 0. */
  threads: z.int().min(0).max(256).default(0),
  /** Most windows, of one stream or several, that one inference takes; 1: one at a time; 0: as many as pay, measured at the opening. Default 0. */
  batch: z.int().min(0).max(64).default(0),
  /** Runs on tiles of the frame, and merges what it finds in them. Absent: on the frame. For models that find things by box. */
  slices: slicesSchema.optional(),
  /**
   * URL of a folder that has the models of the catalogue as `NAME.onnx`, without user and password: https, or http of this machine itself.
   * Default: `STREAM_INFER_MODELS_URL`, else each model's own place.
   */
  mirror: z.url({ protocol: /^https?$/, error: 'expected the URL of a folder, https://…' }).max(4096).refine((url) => !/^[a-z]+:\/\/[^/?#]*@/i.test(url), 'expected a URL without user and password').optional(),
});
export type OnnxOptions = z.output<typeof onnxOptionsSchema>;

/** Of an ONNX algo, what is the same for a model on a server: everything but how it is computed. */
export const remoteOptionsSchema = onnxOptionsSchema.omit({ executionProviders: true, providerOptions: true, threads: true, batch: true, recognition: true, characters: true, mirror: true });
export type RemoteOptions = z.output<typeof remoteOptionsSchema>;
