import { z } from 'zod';

import {
  algoSchema, clipsSchema, clipTriggerSchema, codeText, cropsSchema, motionOptionsSchema, onnxOptionsSchema, producerSchema, pythonAlgoSchema, recorderSchema,
  remoteAlgoSchema, sinkSchema, sourceSchema, streamSchema,
} from '../base/plan.js';

/**
 * The job file as people write it: snake_case as in the Python library stream-infer, whose own dynamic configuration
 * (0.4.1 and 0.6.7) fits in. Limits are those of the stream plan that it becomes.
 */

const planned = algoSchema.options[0].shape;

/** The three numbers; absent ones get the plan's defaults. */
const schedule = {
  /** Frames a run gets, oldest first. Default 1. */
  frame_count: planned.frameCount.unwrap().optional(),
  /** Frames from one frame of a window to the next; 0: the newest ones. Default 0. */
  frame_step: planned.frameStep.unwrap().optional(),
  /** Seconds from run to run; 0: at every frame. Default 1. */
  interval: planned.interval.unwrap().optional(),
};
export const SCHEDULE_KEYS = ['frame_count', 'frame_step', 'interval'] as const;

const scheduled = {
  ...schedule,
  /** What results carry; unique. Default: the model's or class's name. */
  name: planned.name.optional(),
  /** Realtime, a turn that comes while the algo is busy: `skip`, `queue`, `restart`. Default skip. */
  late: planned.late.unwrap().optional(),
  /** Turns that wait under `queue`. Default 4. */
  late_limit: planned.lateLimit.unwrap().optional(),
  /** Seconds after which a run counts as failed. Default 60. */
  timeout: planned.timeout.unwrap().optional(),
  /** Things get a `trackId`, the same from run to run. Default false. */
  track: planned.track.unwrap().optional(),
  /** Polygons within the frame, corners as `[x, y]` from 0 to 1: things that stand outside are left out. Default: the whole frame. */
  regions: planned.regions.unwrap().optional(),
  /** `include`: the regions count; `exclude`: what is outside of them. Default include. */
  region_mode: planned.regionMode.unwrap().optional(),
  /** Named polygons, `{ name, polygon }`: things tell in `zones` which of them they stand in. Default none. */
  zones: planned.zones.unwrap().optional(),
  /** Named lines, `{ name, from, to }`: things are followed, and tell in `crossed` which of them they have passed over, and whether `in` or `out`. Default none. */
  lines: planned.lines.unwrap().optional(),
  /** Turns run only where something has moved: `{ threshold, minArea, floor }`. Default: every turn runs. */
  motion_gate: planned.motionGate,
};

const cropped = cropsSchema.shape;

/** Absent: it is run on frames. */
const croppable = {
  crops: z
    .strictObject({
      /** Name of the algo, one before this one, on whose detections' crops it is run. */
      of: cropped.of,
      /** Only things of these labels. Default: all. */
      labels: cropped.labels,
      /** Pixels that the shorter side of a thing's box has at least. Default 16. */
      min_size: cropped.minSize,
      /** Surroundings of a crop, in parts of the box's sides. Default 0.1. */
      padding: cropped.padding,
      /** Most crops a frame. Default 10. */
      most: cropped.most,
      /** `always`, or `new`: when the track is new or has grown. Default always. */
      rerun: cropped.rerun,
    })
    .transform(({ min_size: minSize, ...same }) => ({ ...same, minSize }))
    .optional(),
};

/**
 * Named arguments. Python's empty list or null mean none; a list with something in it cannot be passed on by name.
 */
function named<S extends z.ZodType>(schema: S): z.ZodType<z.output<S> | undefined> {
  return z.preprocess((given) => (given === null || (Array.isArray(given) && given.length === 0) ? undefined : given), schema.optional());
}

const EXPECT_NAMED = 'expected an object of names and values';

/** What is exported by a user's module. */
const moduleExport = {
  /** Path of a JavaScript module, relative ones from the job's folder, or the name of an installed package. */
  module: z.string().trim().min(1, 'expected the path of a module').max(4096),
  /** Name of the export; the seed calls it `name`. */
  export: z.string().min(1).max(256).optional(),
};

const algoArguments = named(z.looseObject(schedule, EXPECT_NAMED));

const jobModuleAlgo = z
  .strictObject({ ...scheduled, ...croppable, ...moduleExport, type: z.literal('module'), args: algoArguments, kwargs: algoArguments })
  .superRefine((algo, context) => {
    for (const key of SCHEDULE_KEYS) {
      if (algo[key] === undefined || (algo.args?.[key] ?? algo.kwargs?.[key]) === undefined) continue;
      context.addIssue({ code: 'custom', path: [key], message: 'given here and among the arguments; keep one', input: algo[key] });
    }
  });

const jobOnnxAlgo = z.strictObject({
  ...scheduled,
  ...croppable,
  type: z.literal('onnx'),
  /** Path of the model, relative ones from the job's folder, or `catalogue:NAME`. */
  model: z.string().trim().min(1, 'expected the path of a model').max(4096),
  options: onnxOptionsSchema.optional(),
});

/** JavaScript in the job itself; `require` in it looks from the job's folder. */
const jobCodeAlgo = z.strictObject({
  ...scheduled,
  ...croppable,
  type: z.literal('code'),
  /** Body of an async function of `frames` and `context`. */
  code: codeText('Run').regex(/\S/, 'expected JavaScript that returns the result'),
  setup: codeText('Setup').optional(),
  close: codeText('Close').optional(),
});

const jobMotionAlgo = z.strictObject({ ...scheduled, type: z.literal('motion'), options: motionOptionsSchema.optional() });

const remote = remoteAlgoSchema.shape;
const jobRemoteAlgo = z.strictObject({
  ...scheduled,
  ...croppable,
  type: z.literal('remote'),
  url: remote.url,
  protocol: remote.protocol,
  model: remote.model,
  version: remote.version,
  token: remote.token,
  token_header: remote.tokenHeader,
  headers: remote.headers,
  retries: remote.retries,
  concurrency: remote.concurrency,
  max_answer_mb: remote.maxAnswerMb,
  body: remote.body,
  result_path: remote.resultPath,
  options: remote.options,
});

const python = pythonAlgoSchema.shape;
/** Relative paths start from the job's folder. */
const jobPythonAlgo = z.strictObject({ ...scheduled, ...croppable, type: z.literal('python'), module: python.module, class: python.class, kwargs: python.kwargs, python: python.python });

export const jobAlgoSchema = z.preprocess(
  withType,
  z.discriminatedUnion('type', [jobOnnxAlgo, jobMotionAlgo, jobModuleAlgo, jobCodeAlgo, jobRemoteAlgo, jobPythonAlgo], {
    error: 'expected "onnx" (with a model), "module" (with a module), "code" (with code), "remote" (with a url), "python" (with a module) or "motion"',
  }),
);
export type JobAlgo = z.output<typeof jobAlgoSchema>;

/** `type` may be left out where `url`, `model`, `module` or `code` tells it. */
function withType(given: unknown): unknown {
  if (typeof given !== 'object' || given === null || 'type' in given) return given;
  if ('url' in given) return { ...given, type: 'remote' };
  if ('model' in given) return { ...given, type: 'onnx' };
  if ('module' in given) return { ...given, type: typeof given.module === 'string' && given.module.endsWith('.py') ? 'python' : 'module' };
  if ('code' in given) return { ...given, type: 'code' };
  return { ...given, type: undefined };
}

const bufferSize = streamSchema.shape.buffer.unwrap().optional();
const dispatcherArguments = named(z.looseObject({ buffer: bufferSize }, EXPECT_NAMED));
const processArguments = named(z.record(z.string(), z.unknown(), EXPECT_NAMED));

const LOG_LEVELS = ['trace', 'debug', 'info', 'success', 'warning', 'error', 'critical'] as const;

const { draw, crf, preset, kind, segmentLength, keepFor, keepSize } = recorderSchema.shape;
const { preRoll, postRoll, maxLength, memoryMb } = clipsSchema.shape;
const { labels, minScore, minCount } = clipTriggerSchema.shape;

/** As a recorder of a plan, in the job's spelling: see `recorderSchema`. */
const jobRecorderSchema = z
  .strictObject({
    draw, crf, preset, kind,
    segment_length: segmentLength,
    keep_for: keepFor,
    keep_size: keepSize,
    clips: z
      .strictObject({
        pre_roll: preRoll, post_roll: postRoll, max_length: maxLength, memory_mb: memoryMb,
        trigger: z
          .strictObject({ labels, min_score: minScore, min_count: minCount })
          .transform(({ labels: wanted, min_score: score, min_count: count }) => ({ labels: wanted, minScore: score, minCount: count }))
          .optional(),
      })
      .transform(({ trigger, pre_roll: before, post_roll: behind, max_length: longest, memory_mb: memory }) => ({
        preRoll: before, postRoll: behind, maxLength: longest, memoryMb: memory, ...(trigger !== undefined && { trigger }),
      }))
      .optional(),
  })
  .transform(({ segment_length: length, keep_for: age, keep_size: bytes, clips, ...same }) => ({
    ...same,
    segmentLength: length,
    ...(age !== undefined && { keepFor: age }),
    ...(bytes !== undefined && { keepSize: bytes }),
    ...(clips !== undefined && { clips }),
  }));

/** As a sink of a dispatcher, in the job's spelling (`spool_mb`): see `sinkSchema`. */
const jobSinkSchema = z.preprocess((given) => {
  if (typeof given !== 'object' || given === null) return given;
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key.replace(/_([a-z])/g, (_whole, letter: string) => letter.toUpperCase()), value as unknown]));
}, sinkSchema);

/** A job. Keys that are not here are refused. */
export const jobSchema = z.strictObject({
  /** `offline`: every frame, as fast as it goes; `realtime`: at its own speed, newest frames. Default realtime. */
  mode: streamSchema.shape.mode,
  /** Who goes first where several streams wait for the same algo, −10…10. Default 0. */
  priority: streamSchema.shape.priority,
  /** A location, relative paths from the job's folder; or the source's settings as in a plan. */
  source: z.preprocess((given) => (typeof given === 'string' ? { location: given } : given), sourceSchema),
  /** Frames a second that are played, at most the source's own. Default: all. */
  fps: producerSchema.shape.fps.nullish(),
  /** Seconds from the start at which playing begins. Default 0. */
  position: sourceSchema.shape.position.unwrap().nullish(),
  producer: z
    .strictObject({
      /** `opencv` and `pyav`, the seed's, stand for `libav`. Default auto. */
      type: z.enum([...producerSchema.shape.backend.unwrap().options, 'opencv', 'pyav']).default('auto'),
      width: producerSchema.shape.width.nullish(),
      height: producerSchema.shape.height.nullish(),
      format: producerSchema.shape.format,
      hardware: producerSchema.shape.hardware,
      ffmpeg_path: producerSchema.shape.ffmpegPath,
    })
    .prefault({}),
  dispatcher: z
    .strictObject({
      ...moduleExport,
      module: moduleExport.module.optional(),
      name: moduleExport.export,
      /** Frames kept for windows; raised to what the algos need. */
      buffer: bufferSize,
      args: dispatcherArguments,
      kwargs: dispatcherArguments,
    })
    .nullish(),
  /** Where results are sent besides; paths of files and spools start from the job's folder. Default: nowhere. */
  sinks: z.array(jobSinkSchema).max(16).default([]),
  algos: z.array(jobAlgoSchema).max(64).default([]),
  /** A function that gets every delivered frame and the results: to look, to draw. */
  process: z.strictObject({ ...moduleExport, name: moduleExport.export, args: processArguments, kwargs: processArguments }).nullish(),
  /** Path of the mp4, relative ones from the job's folder; written over. */
  recording_path: z.string().trim().min(1, 'expected the path of an mp4').max(4096).nullish(),
  /** How it is recorded, where there is a `recording_path`. */
  recorder: jobRecorderSchema.nullish(),
  /** What is told on standard error. Default info. */
  logging_level: z
    .preprocess((given) => (typeof given === 'string' ? given.toLowerCase() : given), z.enum(LOG_LEVELS).nullish()),
});
export type JobInput = z.output<typeof jobSchema>;
