import { z } from 'zod';

import { check } from './check.js';
import { codeText } from './code-text.js';
import { PIXEL_FORMATS } from './frame.js';
import { lookSchema, slicesSchema } from './look-schema.js';

export { type MotionGateOptions, type SlicesOptions } from './look-schema.js';

export { codeText };

/**
 * What a stream is made of: one source, read by one producer, with the algos and recorders that hang on it. A plan is
 * plain data; it crosses processes, and two equal plans are the same stream. Every field has its default here.
 */

/** What is played, and how. */
export const sourceSchema = z.strictObject({
  /**
   * A path of a video or an image, a folder or glob of images, a URL (`rtsp:`, `rtmp:`, `http(s):`, `file:`),
   * a camera (`device:/dev/video0`, `device:Name`), or `test:` for the built-in test pattern
   * (`test:?width=640&height=360&fps=25&seconds=10`).
   */
  location: z.string().trim().min(1, 'expected a path, URL, device or test:').max(4096),
  /** User name for the URL; never part of `location`. */
  username: z.string().max(256).optional(),
  /** Password for the URL. */
  password: z.string().max(256).optional(),
  /** Starts again at the end of a file; offline too. Default false. */
  loop: z.boolean().default(false),
  /** Seconds from the start at which playing begins; files only. Default 0. */
  position: z.number().min(0).max(1e7).default(0),
  /** Frames a second for a folder of images. Default 25. */
  imageFps: z.number().positive().max(1000).default(25),
  /** How RTSP frames travel. Default tcp. */
  rtspTransport: z.enum(['tcp', 'udp']).default('tcp'),
  /** A live source that fails is opened again, after growing pauses, without end. Default true. */
  reconnect: z.boolean().default(true),
  /** A live source that cannot be opened at first is tried again like one that was lost; realtime only. Default false: the stream fails. */
  retryOpen: z.boolean().default(false),
  /** Seconds to wait for a source to open, and for its next frame, before it counts as failed. Default 10. */
  timeout: z.number().positive().max(3600).default(10),
});
export type SourceOptions = z.output<typeof sourceSchema>;

/** How frames are made from the source. */
export const producerSchema = z.strictObject({
  /** Pixels; empty: from `height`, keeping the aspect; both empty: the source's own size. */
  width: z.int().min(2).max(16384).optional(),
  /** Pixels; empty: from `width`, keeping the aspect. */
  height: z.int().min(2).max(16384).optional(),
  /** Frames a second that are delivered, at most the source's own; empty: all of them. */
  fps: z.number().positive().max(1000).optional(),
  /** Order and layout of the bytes an algo gets. Default bgr24. */
  format: z.enum(PIXEL_FORMATS).default('bgr24'),
  /** `libav`: FFmpeg in the engine; `ffmpeg`: the program; `auto`: the first of them that works. Default auto. */
  backend: z.enum(['auto', 'libav', 'ffmpeg']).default('auto'),
  /** `auto` decodes on a GPU or media engine where there is one. Default none. */
  hardware: z.enum(['none', 'auto']).default('none'),
  /** Path of the ffmpeg program; empty: found by itself. */
  ffmpegPath: z.string().max(4096).optional(),
});
export type ProducerOptions = z.output<typeof producerSchema>;

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
  maxDetections: z.int().min(1).max(10_000).default(300),
  /** Only these labels (or class numbers as text; of text, lines that read so) are kept; empty: all. */
  labels: z.array(z.string().max(256)).max(10_000).default([]),
  /** Names of the model's classes in its order: a file (one a line, or a JSON array), or the names. */
  classNames: z.union([z.string().max(4096), z.array(z.string().max(256)).max(100_000)]).optional(),
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

/** Settings of the motion algo. */
export const motionOptionsSchema = z.strictObject({
  /** Brightness change of a pixel that counts as motion, 1…255. Lower sees more, noise included. Default 25. */
  threshold: z.number().min(1).max(255).default(25),
  /** Smallest moving region in parts of the picture, 0…1. Default 0.002. */
  minArea: z.number().min(0).max(1).default(0.002),
  /** How fast the background takes in what stays, 0…1 a run. Default 0.05. */
  learningRate: z.number().min(0).max(1).default(0.05),
});
export type MotionOptions = z.output<typeof motionOptionsSchema>;

/** When an algo on crops runs again on a thing that it has been run on. */
export const RERUNS = ['always', 'new'] as const;

/** What an algo that is run on another one's detections is given of a frame: a crop of the source's picture for each of them. */
export const cropsSchema = z.strictObject({
  /** Id of the algo whose detections they are; it stands before this one in the list. */
  of: z.string().min(1).max(256),
  /** Only things of these labels; empty: all. */
  labels: z.array(z.string().max(256)).max(10_000).default([]),
  /** Things whose box has a shorter side of fewer pixels of the source are left out. Default 16. */
  minSize: z.int().min(1).max(16384).default(16),
  /** How much of its surroundings a crop has, in parts of the box's width left and right and of its height above and below; 0…2. Default 0.1. */
  padding: z.number().min(0).max(2).default(0.1),
  /** Most crops a frame, the detections' first ones: of a model the surest. Default 10. */
  most: z.int().min(1).max(100).default(10),
  /**
   * `always`: at each turn. `new`: when its track is new, or its box has 1.5 times the area that it had at the last run; what that
   * run gave is told again until the track is gone. It needs `track` of the other algo. Default always.
   */
  rerun: z.enum(RERUNS).default('always'),
});
export type CropsOptions = z.output<typeof cropsSchema>;

/** What becomes of a turn that comes due in realtime while its algo is busy. */
export const LATE_POLICIES = ['skip', 'queue', 'restart'] as const;
export type LatePolicy = (typeof LATE_POLICIES)[number];

const scheduled = {
  /** Stays the same over deploys; unique in the stream. */
  id: z.string().min(1).max(256),
  /** What results carry; unique in the stream. */
  name: z.string().min(1).max(256),
  /** Frames a run gets, oldest first. Default 1. */
  frameCount: z.int().min(1).max(1000).default(1),
  /** Frames from one frame of a window to the next; 0: the newest ones, as soon as there is one. Default 0. */
  frameStep: z.int().min(0).max(100_000).default(0),
  /** Seconds from run to run; 0: at every frame. Default 1. */
  interval: z.number().min(0).max(1e6).default(1),
  /**
   * Realtime, a turn that comes while the algo is busy. `skip`: it waits, takes the newest frames there are when it begins, and
   * is skipped when the next one comes first. `queue`: up to `lateLimit` wait with the frames of their own moment, the oldest is
   * skipped when more come. `restart`: as `skip`, and the run under way is given up for it; at most five in a row. Default skip.
   */
  late: z.enum(LATE_POLICIES).default('skip'),
  /** Turns that wait under `queue`; each holds the frames of its window in memory. Default 4. */
  lateLimit: z.int().min(1).max(100).default(4),
  /** Gives things that results tell by `box`, `label` and `score` a `trackId`, the same from run to run as long as a thing is followed. Default false. */
  track: z.boolean().default(false),
  ...lookSchema,
  /** Seconds after which a run counts as failed; a batch is one run. Default 60. */
  timeout: z.number().positive().max(86_400).default(60),
  /** False: known but not run until enabled. Default true. */
  enabled: z.boolean().default(true),
};

const headerName = z.string().max(256).regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of an HTTP header');

function isServerUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, host, username, password } = new URL(text);
  return /^(https?|grpcs?):$/.test(protocol) && host !== '' && username === '' && password === '';
}

/** Algos that may be run on crops: those that keep nothing between runs that depends on the place. */
const croppable = {
  /** Runs on crops of another algo's detections, at each result of that one, though no more often than every `interval` seconds; absent: on frames. */
  crops: cropsSchema.optional(),
};

const onnxAlgoSchema = z.strictObject({
  ...scheduled,
  ...croppable,
  kind: z.literal('onnx'),
  /** Path of the `.onnx` file (or a TensorFlow.js `model.json`), or `catalogue:NAME`. */
  model: z.string().trim().min(1, 'expected the path of a model').max(4096),
  options: onnxOptionsSchema.prefault({}),
});

const moduleAlgoSchema = z.strictObject({
  ...scheduled,
  ...croppable,
  kind: z.literal('module'),
  /** Path of a JavaScript or TypeScript module, relative ones from `baseFolder`, or the name of an installed package. */
  module: z.string().trim().min(1, 'expected the path of a module').max(4096),
  /** Folder that relative paths start from. Default: the process's working directory. */
  baseFolder: z.string().max(4096).optional(),
  /** Name of the exported class or object; empty: `default`, else the only algo exported. */
  export: z.string().max(256).optional(),
  /** Plain data for the class's constructor and its `open`. */
  kwargs: z.record(z.string(), z.unknown()).default({}),
  /** What the module's files are (`moduleRevision`): with another one it is another plan, which reads them afresh. Default: not told. */
  revision: z.string().max(64).optional(),
});

/** JavaScript that was typed into the node: code of whoever may deploy, as a function node's; never from a message. */
const codeAlgoSchema = z.strictObject({
  ...scheduled,
  ...croppable,
  kind: z.literal('code'),
  /** Body of an async function of `frames` (oldest first) and `context`; what it returns is the result. */
  code: codeText('Run').regex(/\S/, 'expected JavaScript that returns the result'),
  /** The same of `context`, once before the first run. Default: nothing to do. */
  setup: codeText('Setup').default(''),
  /** The same of `context`, once after the last run. Default: nothing to do. */
  close: codeText('Close').default(''),
  /** Folder from which `require` and `import` look. Default: the process's working directory. */
  baseFolder: z.string().max(4096).optional(),
});

/** Settings of a flow algo. */
export const flowOptionsSchema = z.strictObject({
  /** How a flow gets the frames: `jpeg`, or `raw`: pixels of the producer's format. Default jpeg. */
  format: z.enum(['jpeg', 'raw']).default('jpeg'),
  /** Of a JPEG, 1…100: higher is better and bigger. Default 85. */
  quality: z.int().min(1).max(100).default(85),
  /** Runs of one stream that may be with the flow at a time. Default 1. */
  limit: z.int().min(1).max(16).default(1),
});
export type FlowOptions = z.output<typeof flowOptionsSchema>;

/** The engine's owner gets the frames and gives the result (`EngineHandlers.onFlowRequest`); in Node-RED a flow does. */
const flowAlgoSchema = z.strictObject({
  ...scheduled,
  ...croppable,
  kind: z.literal('flow'),
  options: flowOptionsSchema.prefault({}),
});

const motionAlgoSchema = z.strictObject({
  ...scheduled,
  kind: z.literal('motion'),
  options: motionOptionsSchema.prefault({}),
});

/** How a remote algo talks to its server: the Open Inference Protocol (version 2) over HTTP or gRPC, or plain HTTP with JSON answers. */
export const REMOTE_PROTOCOLS = ['http', 'grpc', 'json'] as const;

/** How a frame is sent by protocol `json`. */
export const REMOTE_BODIES = ['json', 'multipart', 'jpeg', 'raw'] as const;

/** Of an ONNX algo, what is the same for a model on a server: everything but how it is computed. */
export const remoteOptionsSchema = onnxOptionsSchema.omit({ executionProviders: true, providerOptions: true, threads: true, batch: true, recognition: true, characters: true, mirror: true });
export type RemoteOptions = z.output<typeof remoteOptionsSchema>;

export const remoteAlgoSchema = z
  .strictObject({
    ...scheduled,
    ...croppable,
    kind: z.literal('remote'),
    /** `http(s)://HOST[:PORT][/BASE]` of the server; for grpc also `grpc(s)://HOST:PORT`; for json the whole address. Without user and password. */
    url: z.string().trim().max(4096).refine(isServerUrl, { error: 'expected http(s):// or grpc(s):// and a host, without user and password (use the token)' }),
    /** Default http. */
    protocol: z.enum(REMOTE_PROTOCOLS).default('http'),
    /** Name of the model on the server; http and grpc only, needed there. */
    model: z.string().trim().min(1).max(256).optional(),
    /** Version of the model; empty: the server's choice. */
    version: z.string().trim().max(64).optional(),
    /** A secret that goes with every request. */
    token: z.string().max(8192).regex(/^[\x20-\x7e]*$/, 'expected printable ASCII').optional(),
    /** Header that carries the token: `Authorization` as `Bearer TOKEN`, any other as it is. Default Authorization. */
    tokenHeader: headerName.default('Authorization'),
    /** More headers of every request, no secrets. */
    headers: z.record(headerName, z.string().max(8192).regex(/^[\x20-\x7e]*$/, 'expected printable ASCII')).default({}),
    /** How often a request is sent again that found no server, or a 429, 502, 503 or 504, after growing pauses with jitter. Default 2. */
    retries: z.int().min(0).max(10).default(2),
    /** Requests under way at once. Default 1. */
    concurrency: z.int().min(1).max(64).default(1),
    /** MiB; larger answers are refused. Default 32. */
    maxAnswerMb: z.number().positive().max(1024).default(32),
    /** json: how the frames are sent. Default json. */
    body: z.enum(REMOTE_BODIES).default('json'),
    /** json: where the result is in the answer, `predictions` or `data[0].boxes`; empty: all of it. */
    resultPath: z.string().trim().max(256).regex(/^(\w[\w-]*|\[\d+\])(\.\w[\w-]*|\[\d+\])*$|^$/, 'expected names and numbers such as data[0].boxes').optional(),
    /** http and grpc: what the model's outputs mean. */
    options: remoteOptionsSchema.prefault({}),
  })
  .refine(({ protocol, model }) => protocol === 'json' || model !== undefined, { path: ['model'], error: 'expected the name of a model on the server' })
  .refine(({ protocol, url }) => protocol === 'grpc' || /^https?:/i.test(url), { path: ['url'], error: 'expected http:// or https://' })
  .refine(({ body, frameCount }) => body === 'json' || body === 'multipart' || frameCount === 1, { path: ['body'], error: 'expected json or multipart where a run gets several frames' });

export const pythonAlgoSchema = z.strictObject({
  ...scheduled,
  ...croppable,
  kind: z.literal('python'),
  /** Path of a Python file or package, relative ones from `baseFolder`; or the dotted name of an installed module. */
  module: z.string().trim().min(1, 'expected the path of a Python file').max(4096),
  /** Folder that relative paths start from. Default: the process's working directory. */
  baseFolder: z.string().max(4096).optional(),
  /** Name of the class; empty: the only one with `run` in the file. */
  class: z.string().max(256).optional(),
  /** Plain data for the class's `init`. */
  kwargs: z.record(z.string(), z.unknown()).default({}),
  /** The Python to run it with: a program, its path, or the folder of a virtual environment. Default python3, on Windows python. */
  python: z.string().max(4096).optional(),
});

/** An object of the process that holds the engine; only for library users, never from a file or a message. */
const localAlgoSchema = z.strictObject({ ...scheduled, ...croppable, kind: z.literal('local') });

export const algoSchema = z.discriminatedUnion('kind', [
  onnxAlgoSchema, moduleAlgoSchema, codeAlgoSchema, flowAlgoSchema, remoteAlgoSchema, pythonAlgoSchema, motionAlgoSchema, localAlgoSchema,
]);
export type AlgoPlan = z.output<typeof algoSchema>;

export type OnnxAlgoPlan = z.output<typeof onnxAlgoSchema>;
export type ModuleAlgoPlan = z.output<typeof moduleAlgoSchema>;
export type CodeAlgoPlan = z.output<typeof codeAlgoSchema>;
export type FlowAlgoPlan = z.output<typeof flowAlgoSchema>;
export type RemoteAlgoPlan = z.output<typeof remoteAlgoSchema>;
export type PythonAlgoPlan = z.output<typeof pythonAlgoSchema>;
export type MotionAlgoPlan = z.output<typeof motionAlgoSchema>;

/** A field that does not go with the others. */
export type Fault = { readonly path: readonly string[]; readonly message: string; readonly input: unknown };

/** What is wrong with an algo on crops that stands behind `before`. */
export function cropsFault(algo: AlgoPlan, before: readonly AlgoPlan[]): Fault | undefined {
  const crops = 'crops' in algo ? algo.crops : undefined;
  if (crops === undefined) return undefined;
  const { of, rerun } = crops;
  const parent = before.find(({ id }) => id === of);
  if (parent === undefined) return { path: ['crops', 'of'], message: `expected one of the algos before "${algo.name}"`, input: of };
  if (algo.frameCount > 1) return { path: ['frameCount'], message: 'expected 1, because crops are of one frame', input: algo.frameCount };
  if (algo.track) return { path: ['track'], message: `expected false: "${parent.name}" can follow the things that it finds`, input: true };
  if (rerun === 'new' && !parent.track) return { path: ['crops', 'rerun'], message: `expected "always", or that "${parent.name}" follows what it finds (track)`, input: rerun };
  return lookFault(algo, parent.name);
}

/** Where to look, and when, is said by the algo whose things they are. */
function lookFault(algo: AlgoPlan, parent: string): Fault | undefined {
  if (algo.motionGate) return { path: ['motionGate'], message: `expected none: that of "${parent}" decides`, input: algo.motionGate };
  if (algo.regions.length > 0) return { path: ['regions'], message: `expected none: those of "${parent}" count`, input: algo.regions };
  if ('options' in algo && 'slices' in algo.options && algo.options.slices) return { path: ['options', 'slices'], message: 'expected none, because it is run on crops', input: algo.options.slices };
  return undefined;
}

function checkCrops(algos: readonly AlgoPlan[], context: z.core.$RefinementCtx): void {
  algos.forEach((algo, i) => {
    const fault = cropsFault(algo, algos.slice(0, i));
    if (fault) context.addIssue({ code: 'custom', ...fault, path: [i, ...fault.path] });
  });
}

/** A file to be written of the frames delivered. */
export const recorderSchema = z.strictObject({
  id: z.string().min(1).max(256),
  /**
   * Where the mp4 goes; `{stream}`, `{date}` (2026-01-31), `{time}` (23-59-59) and `{epoch}` are filled in, folders are made,
   * `.mp4` is added where it lacks. An existing file is not written over: `-2`, `-3` … is added.
   */
  path: z.string().trim().min(1, 'expected a path such as recordings/{stream}-{date}-{time}.mp4').max(4096),
  /** Folder that relative paths start from. Default: the process's working directory. */
  baseFolder: z.string().max(4096).optional(),
  /** Writes over an existing file of that name. Default false. */
  overwrite: z.boolean().default(false),
  /** Draws what the algos have found (boxes, masks, keypoints, labels, trails …), of those named in `algos`. Default true. */
  draw: z.boolean().default(true),
  /** Ids of the algos whose results are drawn; empty: all of the stream's. */
  algos: z.array(z.string()).default([]),
  /** x264's constant rate factor: 0 lossless … 51 worst. Default 23. */
  crf: z.int().min(0).max(51).default(23),
  /** x264's speed: faster makes bigger files for the same quality. Default veryfast. */
  preset: z.enum(['ultrafast', 'superfast', 'veryfast', 'faster', 'fast', 'medium', 'slow']).default('veryfast'),
  /** False: waits for a `start`. Default true. */
  enabled: z.boolean().default(true),
});
export type RecorderPlan = z.output<typeof recorderSchema>;

export const streamSchema = z.strictObject({
  /** Stays the same over deploys; unique in the engine. */
  id: z.string().min(1).max(512),
  /** What people call it: `msg.topic`, `{stream}` in paths. */
  name: z.string().min(1).max(512),
  /** `offline`: every frame, as fast as it goes; `realtime`: at its own speed, newest frames. Default realtime. */
  mode: z.enum(['offline', 'realtime']).default('realtime'),
  /** Who goes first where several streams wait for the same algo, −10…10: higher ones more often, none waits for ever. Default 0. */
  priority: z.int().min(-10).max(10).default(0),
  source: sourceSchema,
  /**
   * Who plays the source: streams that agree in it, in `source`, `mode` and how they decode, and that start together, are
   * decoded once; pausing or seeking one of them acts on all. A live source may be joined later. Default: empty.
   */
  sourceId: z.string().max(512).default(''),
  producer: producerSchema.prefault({}),
  algos: z.array(algoSchema).max(64).superRefine(checkCrops).default([]),
  recorders: z.array(recorderSchema).max(16).default([]),
  /** Frames kept for windows; raised to what the algos need. Default 0. */
  buffer: z.int().min(0).max(10_000).default(0),
  /** True: every delivered frame goes to the engine owner's `process` hook before it is recorded. Default false. */
  process: z.boolean().default(false),
});
export type StreamPlan = z.output<typeof streamSchema>;
export type StreamPlanInput = z.input<typeof streamSchema>;
export type StreamMode = StreamPlan['mode'];

/** A plan checked and filled; `OPTION_INVALID` names each wrong field. */
export function resolveStreamPlan(given: unknown): StreamPlan {
  return check(streamSchema, given);
}
