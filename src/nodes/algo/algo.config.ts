import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-algo. Fields of the kinds not chosen keep their values. */
export type AlgoConfig = {
  version: number;
  name: string;
  /** A live picture under the node in the editor. */
  preview: boolean;
  kind: 'onnx' | 'module' | 'code' | 'flow' | 'remote' | 'python' | 'motion';
  /** Of the node in the editor: a flow algo has a second one, for frames. */
  outputs: number;

  /** onnx: path of a model (`.onnx`, or a TensorFlow.js `model.json`), `catalogue:NAME`, or `npm:PACKAGE/PATH`. */
  model: string;
  /** onnx, remote: names of the model's classes: a file, or comma separated; empty: the model's own. */
  classNames: string;
  /** onnx, remote: `auto` or one of MODEL_FAMILIES. */
  family: string;
  /** onnx: of a model that finds text, the one that reads it; as `model`. Empty: none. */
  recognition: string;
  /** onnx: file of the characters that it tells apart; as `model`. Empty: its own. */
  characters: string;
  /** onnx, remote: 0…1. */
  scoreThreshold: SavedNumber;
  /** onnx, remote: 0…1. */
  iouThreshold: SavedNumber;
  nms: 'per-class' | 'class-agnostic';
  /** onnx, remote: most detections a frame. */
  maxDetections: SavedNumber;
  /** onnx, remote: labels that are kept, comma separated; empty: all. */
  labels: string;
  /** onnx: most windows in one inference; 1: one; 0: as many as pay. */
  batch: SavedNumber;
  /** onnx: pixels of a picture whose size the model leaves free; empty: as recognised. */
  inputWidth: SavedNumber;
  inputHeight: SavedNumber;
  inputFit: 'auto' | 'letterbox-center' | 'letterbox-topleft' | 'stretch';
  inputLayout: 'auto' | 'NCHW' | 'NHWC';
  inputChannels: 'auto' | 'rgb' | 'bgr';
  inputRange: 'auto' | '0-255' | '0-1' | '-1-1';
  /** onnx: one number, or three with commas between; empty: as recognised. */
  inputMean: string;
  inputStd: string;
  /** onnx, remote: tiles from left to right that the frame is cut into; with one row and one column it is not cut. */
  sliceColumns: SavedNumber;
  /** onnx, remote: tiles from top to bottom. */
  sliceRows: SavedNumber;
  /** onnx: how much of a tile the next one has too, in parts of its side, 0…0.5. */
  sliceOverlap: SavedNumber;
  /** onnx: runs on the whole frame beside the tiles. */
  sliceWhole: boolean;

  /** module: path of a JavaScript or TypeScript module, or the name of an installed package. */
  module: string;
  /** module: name of the exported class or object; empty: `default`, else the only one. */
  export: string;
  /** module: a JSON object for the algo; empty: none. */
  kwargs: string;

  /** code: body of an async function of `frames` and `context`. */
  code: string;
  /** code: the same of `context`, before the first run. */
  codeSetup: string;
  /** code: the same, after the last run. */
  codeClose: string;

  /** flow: how the flow gets the frames; `raw`: pixels of the producer's format. */
  flowFormat: 'jpeg' | 'raw';
  /** flow: of a JPEG, 1…100. */
  flowQuality: SavedNumber;
  /** flow: messages of one stream that may wait for their answer. */
  flowLimit: SavedNumber;

  /** remote: address of the server. */
  remoteUrl: string;
  /** remote: Open Inference Protocol over `http` or `grpc`, or plain HTTP with `json` back. */
  remoteProtocol: 'http' | 'grpc' | 'json';
  /** remote, http and grpc: name of the model on the server. */
  remoteModel: string;
  /** remote, http and grpc: version of the model; empty: the server's choice. */
  remoteVersion: string;
  /** remote: header that carries the token. */
  remoteTokenHeader: string;
  /** remote: a JSON object of more headers; empty: none. */
  remoteHeaders: string;
  /** remote: how often a request that finds no server is sent again. */
  remoteRetries: SavedNumber;
  /** remote: requests under way at once. */
  remoteConcurrency: SavedNumber;
  /** remote: MiB of an answer at most. */
  remoteMaxAnswerMb: SavedNumber;
  /** remote, json: how frames are sent. */
  remoteBody: 'json' | 'multipart' | 'jpeg' | 'raw';
  /** remote, json: where the result is in the answer; empty: all of it. */
  remoteResultPath: string;

  /** python: path of a Python file or package, or the dotted name of an installed module. */
  pythonModule: string;
  /** python: name of the class; empty: the only one. */
  pythonClass: string;
  /** python: a JSON object for `init`; empty: none. */
  pythonKwargs: string;
  /** python: the interpreter, or the folder of a virtual environment; empty: python3. */
  pythonProgram: string;

  /** motion: brightness change of a pixel, 1…255. */
  motionThreshold: SavedNumber;
  /** motion: smallest region in parts of the picture, 0…1. */
  motionMinArea: SavedNumber;
  /** motion: 0…1 a run. */
  motionLearningRate: SavedNumber;

  /** Wired behind an algo: runs on crops of what that one finds, or on whole frames as if it stood beside it. */
  runOn: 'crops' | 'frame';
  /** crops: labels of the things that are cut out, comma separated; empty: all. */
  cropLabels: string;
  /** crops: pixels of the shorter side of a thing's box at least. */
  cropMinSize: SavedNumber;
  /** crops: surroundings in parts of the box's sides, 0…2. */
  cropPadding: SavedNumber;
  /** crops: at most, a frame. */
  cropMost: SavedNumber;
  /** crops: at each turn, or only when the track is new or has grown. */
  cropRerun: 'always' | 'new';

  /** Frames a run gets. */
  frameCount: SavedNumber;
  /** Frames from one frame of a window to the next; 0: the newest ones. */
  frameStep: SavedNumber;
  /** Seconds from run to run; 0: every frame. */
  interval: SavedNumber;
  /** What becomes of a turn that comes in realtime while the algo is busy. */
  late: 'skip' | 'queue' | 'restart';
  /** Turns that wait under `queue`. */
  lateLimit: SavedNumber;
  /** Polygons within the frame as JSON: `[[[x, y], …], …]`, 0…1; empty: the whole frame. */
  regions: string;
  /** Whether the regions count, or what is outside of them. */
  regionMode: 'include' | 'exclude';
  /** Named polygons as JSON: `[{ "name": …, "polygon": [[x, y], …] }, …]`, 0…1; empty: none. */
  zones: string;
  /** Named lines as JSON: `[{ "name": …, "from": [x, y], "to": [x, y] }, …]`, 0…1; empty: none. */
  lines: string;
  /** Turns run only where something has moved. */
  motionGate: boolean;
  /** Brightness change of a pixel that counts as motion for the gate, 1…255. */
  gateThreshold: SavedNumber;
  /** Smallest changed region for the gate in parts of the picture, 0…1. */
  gateMinArea: SavedNumber;
  /** Seconds after which a turn runs though nothing has moved. */
  gateFloor: SavedNumber;
  /** Things in results get a `trackId`. */
  track: boolean;
  /** Seconds after which a run counts as failed. */
  timeout: SavedNumber;
  /** False: does not run until a message enables it. */
  enabled: boolean;
};

/** Kept in Node-RED's credential store, never in the flow. */
export type AlgoCredentials = {
  /** remote: goes with every request. */
  remoteToken?: string;
};

/** Saved config of stream-algo. */
export const algoConfig: ConfigDefinition<AlgoConfig> = {
  type: 'stream-algo',
  defaults: {
    version: 2,
    name: '',
    preview: false,
    kind: 'onnx',
    outputs: 1,
    model: '',
    classNames: '',
    family: 'auto',
    recognition: '',
    characters: '',
    scoreThreshold: 0.3,
    iouThreshold: 0.45,
    nms: 'per-class',
    maxDetections: 300,
    labels: '',
    batch: 0,
    inputWidth: '',
    inputHeight: '',
    inputFit: 'auto',
    inputLayout: 'auto',
    inputChannels: 'auto',
    inputRange: 'auto',
    inputMean: '',
    inputStd: '',
    sliceColumns: 1,
    sliceRows: 1,
    sliceOverlap: 0.2,
    sliceWhole: true,
    module: '',
    export: '',
    kwargs: '{}',
    code: '',
    codeSetup: '',
    codeClose: '',
    flowFormat: 'jpeg',
    flowQuality: 85,
    flowLimit: 1,
    remoteUrl: '',
    remoteProtocol: 'http',
    remoteModel: '',
    remoteVersion: '',
    remoteTokenHeader: 'Authorization',
    remoteHeaders: '{}',
    remoteRetries: 2,
    remoteConcurrency: 1,
    remoteMaxAnswerMb: 32,
    remoteBody: 'json',
    remoteResultPath: '',
    pythonModule: '',
    pythonClass: '',
    pythonKwargs: '{}',
    pythonProgram: '',
    motionThreshold: 25,
    motionMinArea: 0.002,
    motionLearningRate: 0.05,
    runOn: 'crops',
    cropLabels: '',
    cropMinSize: 16,
    cropPadding: 0.1,
    cropMost: 10,
    cropRerun: 'always',
    frameCount: 1,
    frameStep: 0,
    interval: 1,
    late: 'skip',
    lateLimit: 4,
    regions: '',
    regionMode: 'include',
    zones: '',
    lines: '',
    motionGate: false,
    gateThreshold: 25,
    gateMinArea: 0.0005,
    gateFloor: 10,
    track: false,
    timeout: 60,
    enabled: true,
  },
  migrations: [
    // an algo behind an algo got the same frames; the form may have put a choice into an old config
    { to: 2, up: (config) => ({ runOn: 'frame', ...config }) },
  ],
};
