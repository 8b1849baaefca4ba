import { z } from 'zod';

import { codeText } from './code-text.js';
import { cropsSchema } from './crops-schema.js';
import { lookSchema } from './look-schema.js';
import { onnxOptionsSchema, remoteOptionsSchema } from './model-options.js';

/*
 * The kinds of algos: what all have, and what each has of its own.
 */

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
