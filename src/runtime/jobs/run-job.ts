import { type AlgoResult, type StreamEvent, StreamInferError } from '../base/index.js';
import type { Dispatcher } from '../dispatch/index.js';
import type { EngineOptions } from '../engine/index.js';
import type { Job, ModuleExport } from './job.js';
import { loadExport } from './load-export.js';
import { type OpenEngine, runStream, type StreamOutcome } from './run-stream.js';

/** What becomes of a job's results and events. */
export type JobHandlers = {
  /** Takes each result, in order, one at a time; offline a slow one makes the stream wait. An error of it ends the job. */
  readonly onResult?: (result: AlgoResult) => unknown;
  readonly onEvent?: (event: StreamEvent) => void;
  /** Aborted: recordings are closed, and the job resolves as `stopped`. */
  readonly signal?: AbortSignal;
  /** How the engine is opened. Default: `openEngine`, in this process. */
  readonly openEngine?: OpenEngine;
};

/**
 * Runs a job to its end, with the dispatcher and process function of its modules. Rejects with what it failed with;
 * a model or module that cannot be loaded ends it.
 */
export async function runJob(job: Job, handlers: JobHandlers = {}): Promise<StreamOutcome> {
  const dispatcher = job.dispatcher && (await openDispatcher(job.dispatcher));
  const hook = job.process && (await loadProcessHook(job.process));
  const { onResult, onEvent, signal, openEngine } = handlers;
  return runStream({
    plan: job.plan,
    engine: hook ? { processHook: hook } : {},
    deliver: async (result) => {
      await dispatcher?.collect(result);
      await onResult?.(result);
    },
    ...(onEvent && { onEvent }),
    ...(signal && { signal }),
    ...(openEngine && { openEngine }),
  });
}

type Collects = Pick<Dispatcher, 'collect'>;

/** An instance of the user's class, made with its arguments; or the object that the module exports. */
async function openDispatcher(wanted: ModuleExport): Promise<Collects> {
  const found = await loadExport(wanted);
  const dispatcher = typeof found === 'function' ? construct(found as new (kwargs: object) => unknown, wanted) : found;
  if (typeof (dispatcher as Partial<Collects> | null)?.collect === 'function') return dispatcher as Collects;
  throw new StreamInferError('MODULE_LOAD_FAILED', `load ${wanted.module}: expected a dispatcher, a class with collect(result)`);
}

function construct(make: new (kwargs: object) => unknown, wanted: ModuleExport): unknown {
  try {
    return new make(wanted.kwargs);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StreamInferError('MODULE_LOAD_FAILED', `make the dispatcher of ${wanted.module}: ${why}`, { cause });
  }
}

type EngineHook = NonNullable<EngineOptions['processHook']>;
type UserHook = (frame: Parameters<EngineHook>[1], results: Parameters<EngineHook>[2], kwargs: ModuleExport['kwargs']) => ReturnType<EngineHook>;

async function loadProcessHook(wanted: ModuleExport): Promise<EngineHook> {
  const found = await loadExport(wanted);
  if (typeof found !== 'function') throw new StreamInferError('MODULE_LOAD_FAILED', `load ${wanted.module}: expected a function (frame, results) to process frames`);
  return (_streamId, frame, results) => (found as UserHook)(frame, results, wanted.kwargs);
}
