/*
 * What the studio's page (`src/web/studio`) asks the admin routes of this plugin, and what it is answered. Types only.
 * States, pictures and commands of its streams are those of the live plugin, see there. What plays or shows something that no flow
 * has needs `stream-infer.write` and `flows.write`. What goes wrong is `{ code, message }` with a status of 400 or more.
 *
 *   GET    stream-infer/studio/setup?node=ID            StudioSetup
 *   GET    stream-infer/studio/devices                  DevicesAnswer
 *   GET    stream-infer/studio/cameras                  CamerasAnswer, after some seconds
 *   POST   stream-infer/studio/cameras                  CameraRequest, answered with CameraAnswer
 *   GET    stream-infer/studio/files?engine=&folder=    FilesAnswer
 *   POST   stream-infer/studio/streams                  StartRequest, answered with StartAnswer
 *   GET    stream-infer/studio/streams/:id?play=&after= ResultsAnswer
 *   DELETE stream-infer/studio/streams/:id              answered with 204
 *   POST   stream-infer/studio/export                   { draft }, answered with ExportAnswer
 */

/** Fields of a node as it is saved. */
export type Config = Readonly<Record<string, string | number | boolean>>;

export type DraftNode = {
  /** The node of the flow that it was taken from; its passwords are used as long as the address is the same. */
  readonly id?: string;
  readonly config: Config;
};

export type DraftAlgo = DraftNode & {
  /** Names it in results; unique in the draft. */
  readonly key: string;
  /** Key of the algo, one before this one, that it stands behind. */
  readonly behind?: string;
};

/** User and password of a source; what is absent is as in the node that it was taken from. */
export type Login = { readonly username?: string; readonly password?: string };

/** What is tried out: settings of nodes, with their names. */
export type Draft = { readonly source: DraftNode & { readonly login?: Login }; readonly producer: DraftNode; readonly algos: readonly DraftAlgo[] };

/** A stream-engine, the default one included: `''`. */
export type EngineChoice = { readonly id: string; readonly name: string };

export type StudioSetup = {
  /** All fields of new nodes. */
  readonly defaults: { readonly source: Config; readonly producer: Config; readonly algo: Config };
  readonly engines: readonly EngineChoice[];
  /** Of the stream that the node is in, as it is deployed; absent where no node was asked for. */
  readonly draft?: Draft;
};

export type DevicesAnswer = { readonly devices: readonly { readonly location: string; readonly name: string }[] };

/** Cameras of the network that have answered. `address` is what a `CameraRequest` takes. */
export type CamerasAnswer = { readonly cameras: readonly { readonly address: string; readonly name: string }[] };

/** `address`: of a camera that was found, or a host, or a host with port. */
export type CameraRequest = Login & { readonly address: string };

/** Its streams, at least one; `location` is without user and password. */
export type CameraAnswer = {
  readonly streams: readonly { readonly name: string; readonly location: string; readonly codec?: string; readonly width?: number; readonly height?: number; readonly fps?: number }[];
};

export type FilesAnswer = {
  /** Absolute; absent: the folders that are allowed are listed. */
  readonly folder?: string;
  /** Absent: up are the allowed folders. */
  readonly parent?: string;
  readonly folders: readonly { readonly name: string; readonly path: string }[];
  readonly files: readonly { readonly name: string; readonly path: string; readonly bytes: number }[];
  /** Not all is listed. */
  readonly isCut: boolean;
};

export type StartRequest = {
  /** The stream that this one takes the place of; it may be gone. */
  readonly id?: string;
  readonly draft: Draft;
};

export type StartAnswer = { readonly id: string };

/** One run of an algo. */
export type ResultRow = {
  /** Counts up from 1. */
  readonly number: number;
  /** Key of the algo. */
  readonly algo: string;
  /** Seconds of the stream. */
  readonly position: number;
  /** Delivered frames from 1, and the seeks and loops before: together they name a frame. */
  readonly index: number;
  readonly epoch: number;
  /** Milliseconds of the run, and from the frame to its result. */
  readonly inferenceMs: number;
  readonly latencyMs: number;
  /** Things in it; absent where it is no list. */
  readonly count?: number;
  /** Plain data, long lists and texts cut; absent where it is too big to be shown. */
  readonly result?: unknown;
};

/**
 * Answered as soon as there are newer results than number `after` of that `play`; after 10 s without any, with none. A stream whose results nobody
 * asks for during 15 s is ended.
 */
export type ResultsAnswer = {
  /** Another one than before: it was started anew, and `number` counts from 1 again. */
  readonly play: number;
  readonly rows: readonly ResultRow[];
  /** Rows that were dropped before they were asked for. */
  readonly lost: number;
};

export type ExportAnswer = {
  /** Nodes to import. */
  readonly flow: readonly object[];
  /** For `stream-infer run`. */
  readonly job: object;
  /** A program for Node.js. */
  readonly code: string;
  /** What has to be put in by hand: passwords and tokens are left out. */
  readonly missing: readonly ('password' | 'token')[];
};
