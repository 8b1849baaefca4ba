import type { z } from 'zod';

import type { UserAlgo } from '../algo/index.js';
import {
  type AlgoPlan, type AlgoResult, check, type cropsSchema, type Frame, type LatePolicy, type lineSchema, type MotionGateOptions, type motionOptionsSchema, type onnxOptionsSchema,
  type producerSchema, type recorderSchema, type sourceSchema, type StreamEvent, StreamInferError, type StreamMode, type StreamPlan, type StreamStats,
  type StreamTotals, withoutCredentials, type zoneSchema,
} from '../base/index.js';
import { algoSchema, resolveStreamPlan } from '../base/plan.js';
import { BoundedQueue } from '../buffer/index.js';
import type { Dispatcher } from '../dispatch/index.js';
import type { EngineOptions, ProcessHook } from '../engine/index.js';
import { defaultName, freeName } from './names.js';
import { apartFromCredentials } from './paths.js';
import { type OpenEngine, StreamPlayer } from './run-stream.js';

/** What is run on the frames, other than an object of one's own. Paths start from the working directory. */
export type AlgoSpec =
  | { readonly type: 'onnx'; readonly model: string; readonly options?: z.input<typeof onnxOptionsSchema> }
  | { readonly type: 'motion'; readonly options?: z.input<typeof motionOptionsSchema> }
  /** A user's module in a thread of its own: for algos that compute, which would hold up the caller's. */
  | { readonly type: 'module'; readonly module: string; readonly export?: string; readonly kwargs?: Readonly<Record<string, unknown>> }
  /** JavaScript as text, in a thread of its own: bodies of async functions of `frames` and `context`, or of `context`. */
  | { readonly type: 'code'; readonly code: string; readonly setup?: string; readonly close?: string }
  /** A model on a server, or an address that takes pictures: the settings of a plan's `remote` algo. */
  | ({ readonly type: 'remote' } & Omit<Extract<z.input<typeof algoSchema>, { kind: 'remote' }>, 'kind' | 'id' | keyof AlgoSettings>)
  /** A class of Python in a process of its own. */
  | { readonly type: 'python'; readonly module: string; readonly class?: string; readonly kwargs?: Readonly<Record<string, unknown>>; readonly python?: string };

/** When an algo runs, and on which frames. */
export type AlgoSettings = {
  /** What results carry; unique. Default: the class's, export's or model's name. */
  readonly name?: string;
  /** Frames a run gets, oldest first. Default 1. */
  readonly frameCount?: number;
  /** Frames from one frame of a window to the next; 0: the newest ones, as soon as there is one. Default 0. */
  readonly frameStep?: number;
  /** Seconds from run to run; 0: at every frame. Default 1. */
  readonly interval?: number;
  /**
   * Realtime, a turn that comes while the algo is busy: `skip` takes the newest frames once it is free, `queue` keeps up to
   * `lateLimit` turns with the frames of their moment, `restart` gives the run under way up. Default skip.
   */
  readonly late?: LatePolicy;
  /** Turns that wait under `queue`, 1…100. Default 4. */
  readonly lateLimit?: number;
  /** Polygons within the frame, corners as `[x, y]` from 0 to 1: things whose box has the middle of its lower edge outside are left out. Default: the whole frame. */
  readonly regions?: readonly (readonly (readonly [x: number, y: number])[])[];
  /** `include`: the regions count; `exclude`: what is outside of them. Default include. */
  readonly regionMode?: 'include' | 'exclude';
  /** Named polygons within the frame: things tell in `zones` which of them they stand in. Default none. */
  readonly zones?: readonly z.input<typeof zoneSchema>[];
  /** Named lines: things are followed, and tell in `crossed` which of them they have passed over, `in` being to the line's right. Default none. */
  readonly lines?: readonly z.input<typeof lineSchema>[];
  /** A turn runs only if something has moved since the last run; see `MotionGateOptions`. Default: every turn runs. */
  readonly motionGate?: Partial<MotionGateOptions>;
  /** Seconds after which a run counts as failed. Default 60. */
  readonly timeout?: number;
  /** Things in results get a `trackId`, the same from run to run. Default false. */
  readonly track?: boolean;
  /** Run on crops of the detections of the algo called `of`, loaded before: see `cropsSchema`. Not for motion. Default: on frames. */
  readonly crops?: z.input<typeof cropsSchema>;
};

/** Gets each delivered frame with the newest result of every algo; a frame or its pixels that it gives back are recorded. */
export type ProcessFunction = (frame: Frame, results: readonly AlgoResult[]) => ReturnType<ProcessHook>;

export type InferenceOptions = {
  /** A location, or the source's settings: see `sourceSchema`. */
  readonly source: string | z.input<typeof sourceSchema>;
  /** What results call the stream. Default: the location without credentials. */
  readonly name?: string;
  /** `offline`: every frame, as fast as it goes; `realtime`: at its own speed, newest frames. Default realtime. */
  readonly mode?: StreamMode;
  /** Size, rate and pixel format of the frames: see `producerSchema`. Default: as they come. */
  readonly producer?: z.input<typeof producerSchema>;
  /** Collects the results; a class of one's own overrides `collect`. */
  readonly dispatcher?: Dispatcher;
  /** Path of an mp4 of all delivered frames, written over: with the results drawn, or as `process` gave them back. */
  readonly recordingPath?: string;
  /** How it is recorded: see `recorderSchema`. */
  readonly recorder?: Omit<z.input<typeof recorderSchema>, 'id' | 'path'>;
  /** Progress, warnings, errors that do not end the run. */
  readonly onEvent?: (event: StreamEvent) => void;
  /** Aborted: recordings are closed, then `start` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /** How the engine is opened. Default: `openEngine`, in this process. */
  readonly openEngine?: OpenEngine;
};

/** Streaming inference on one source, as the Python library stream-infer has it: load algos, start, take results. */
export class Inference {
  readonly #options: InferenceOptions;
  readonly #algos: AlgoPlan[] = [];
  readonly #localAlgos = new Map<string, UserAlgo>();
  #hook: ProcessFunction | undefined;
  #running: { readonly stop: AbortController; readonly done: Promise<unknown> } | undefined;
  /** Of the newest run, also after its end. */
  #player: StreamPlayer | undefined;

  constructor(options: InferenceOptions) {
    this.#options = options;
  }

  /**
   * Adds an algo: an object with `run(frames)` (see `Algo`; it shares the caller's thread), or a model, motion or module,
   * which run in threads of their own. Throws `OPTION_INVALID` with the wrong setting's name.
   */
  loadAlgo(algo: UserAlgo | AlgoSpec, settings: AlgoSettings = {}): this {
    if (this.#running) throw new StreamInferError('STATE_INVALID', 'algos are loaded before the start');
    const taken = new Set(this.#algos.map(({ name }) => name));
    const name = settings.name ?? freeName(isSpec(algo) ? defaultName(algo) : classNameOf(algo), taken);
    if (taken.has(name)) throw new StreamInferError('OPTION_INVALID', `name: "${name}" is taken by another algo; names are unique`);
    const plan = isSpec(algo) ? { ...algo, kind: algo.type, type: undefined } : { kind: 'local' };
    this.#algos.push(check(algoSchema, defined({ ...plan, ...settings, id: name, name })));
    if (!isSpec(algo)) this.#localAlgos.set(name, algo);
    return this;
  }

  /** Sets the function that gets each delivered frame with the newest results, to look or to draw. */
  process(hook: ProcessFunction): this {
    this.#hook = hook;
    return this;
  }

  /** Plays to the end. Rejects with a `StreamInferError`, what the dispatcher threw, or the signal's reason. */
  async start(): Promise<StreamTotals> {
    return this.#start((result) => this.#options.dispatcher?.dispatch(result));
  }

  /**
   * Plays to the end, giving one result after the other. Offline the stream waits when some 1000 results are waiting;
   * in realtime the oldest of them are dropped, which a warning tells. Leaving the loop stops the run.
   */
  async *results(): AsyncGenerator<AlgoResult, void, undefined> {
    const queue = new BoundedQueue<AlgoResult>({ limit: 1, policy: 'block' });
    const done = this.#start(async (result) => {
      await this.#options.dispatcher?.dispatch(result);
      // once the loop has been left, nobody waits for results
      await queue.push(result).catch(() => undefined);
    });
    done.then(() => { queue.close(); }, () => { queue.close(); });
    try {
      yield* queue;
    } finally {
      queue.close();
      await this.stop();
    }
    await done;
  }

  /** Finishes what was accepted, closes recordings, ends the run; `start` resolves with the totals so far. */
  async stop(): Promise<void> {
    const running = this.#running;
    running?.stop.abort();
    await running?.done.catch(() => undefined);
  }

  /** What the run has cost so far, or, when it has ended, in all. Rejects with `STATE_INVALID` before the first one. */
  async stats(): Promise<StreamStats> {
    if (!this.#player) throw new StreamInferError('STATE_INVALID', 'nothing has been started yet');
    return await this.#player.stats();
  }

  async #start(deliver: (result: AlgoResult) => unknown): Promise<StreamTotals> {
    if (this.#running) throw new StreamInferError('STATE_INVALID', 'this inference has been started already');
    const { signal } = this.#options;
    signal?.throwIfAborted();
    const stop = new AbortController();
    const player = new StreamPlayer({
      plan: this.#plan(),
      engine: this.#engineOptions(),
      deliver,
      signal: signal ? AbortSignal.any([signal, stop.signal]) : stop.signal,
      ...(this.#options.openEngine && { openEngine: this.#options.openEngine }),
      ...(this.#options.onEvent && { onEvent: this.#options.onEvent }),
    });
    const done = player.play();
    this.#player = player;
    this.#running = { stop, done };
    try {
      const { totals } = await done;
      signal?.throwIfAborted();
      return totals;
    } finally {
      this.#running = undefined;
    }
  }

  #plan(): StreamPlan {
    const { source, mode, producer, recordingPath, recorder } = this.#options;
    const given = typeof source === 'string' ? { location: source } : source;
    const name = this.#options.name ?? withoutCredentials(given.location);
    const recording = recordingPath === undefined ? [] : [{ overwrite: true, ...recorder, id: 'recording', path: recordingPath }];
    const plan = resolveStreamPlan(
      defined({ id: name, name, mode, source: given, producer, algos: this.#algos, recorders: recording, process: this.#hook !== undefined }),
    );
    return Object.freeze({ ...plan, source: apartFromCredentials(plan.source) });
  }

  #engineOptions(): EngineOptions {
    const hook = this.#hook;
    return {
      localAlgos: this.#localAlgos,
      ...(hook && { processHook: (_streamId, frame, results) => hook(frame, results) }),
    };
  }
}

const SPEC_TYPES: ReadonlySet<unknown> = new Set<AlgoSpec['type']>(['onnx', 'motion', 'module', 'code', 'remote', 'python']);

function isSpec(algo: UserAlgo | AlgoSpec): algo is AlgoSpec {
  const { run, type } = Object(algo) as { run?: unknown; type?: unknown };
  if (typeof run === 'function') return false;
  if (SPEC_TYPES.has(type)) return true;
  throw new StreamInferError('OPTION_INVALID', 'algo: expected an object with run(frames), or { type: "onnx" | "motion" | "module" | "code" | "remote" | "python", … }');
}

function classNameOf(algo: UserAlgo): string {
  const { name } = algo.constructor;
  return name === 'Object' || name === '' ? 'algo' : name;
}

function defined(given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
