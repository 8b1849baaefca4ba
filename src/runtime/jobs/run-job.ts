import { type AlgoResult, type Frame, type StreamEvent, StreamInferError } from '../base/index.js';
import { Dispatcher } from '../dispatch/index.js';
import type { ProcessHook } from '../engine/index.js';
import type { SinkState } from '../sinks/index.js';
import type { Job, ModuleExport } from './job.js';
import { JobSinks, type SinkOutcome } from './job-sinks.js';
import { loadExport } from './load-export.js';
import { type OpenEngine, runStream, type StreamOutcome } from './run-stream.js';

/** What becomes of a job's results and events. */
export type JobHandlers = {
  /** Takes each result, in order, one at a time; offline a slow one makes the stream wait. An error of it ends the job. */
  readonly onResult?: (result: AlgoResult) => unknown;
  readonly onEvent?: (event: StreamEvent) => void;
  /** Told whenever one of the job's sinks fares otherwise. */
  readonly onSink?: (name: string, state: SinkState) => void;
  /** Aborted: recordings are closed, and the job resolves as `stopped`. */
  readonly signal?: AbortSignal;
  /** Cores that the engine may use, see `EngineOptions`; 0: all of the machine's. Default 0. */
  readonly threads?: number;
  /** How the engine is opened. Default: `openEngine`, in this process. */
  readonly openEngine?: OpenEngine;
};

/** How a job ended, and how its sinks fared; what waits in one was not sent in time. */
export type JobOutcome = StreamOutcome & { readonly sinks: readonly SinkOutcome[] };

/**
 * Runs a job to its end, with the dispatcher and process function of its modules. Rejects with what it failed with;
 * a model or module that cannot be loaded ends it. At the end sinks have 30 s to send what waits.
 */
export async function runJob(job: Job, handlers: JobHandlers = {}): Promise<JobOutcome> {
  const dispatcher = job.dispatcher && (await openDispatcher(job.dispatcher));
  const hook = job.process && (await loadProcessHook(job.process));
  const { onResult, onEvent, onSink = () => undefined, signal, threads, openEngine } = handlers;
  const sinks = await JobSinks.open(job, onSink);
  try {
    const outcome = await runStream({
      plan: job.plan,
      engine: { ...(hook && { processHook: hook }), ...(threads !== undefined && { threads }) },
      deliver: async (result) => {
        sinks.push(result);
        await dispatcher?.dispatch(result);
        await onResult?.(result);
      },
      ...(onEvent && { onEvent }),
      ...(signal && { signal }),
      ...(openEngine && { openEngine }),
    });
    return { ...outcome, sinks: await sinks.close() };
  } finally {
    await sinks.close();
    await dispatcher?.close?.();
  }
}

/** What a job needs of a dispatcher; ours have a `close`, others may. */
type JobDispatcher = Pick<Dispatcher, 'dispatch'> & Partial<Pick<Dispatcher, 'close'>>;

/** An instance of the user's class, made with its arguments, or the object that the module exports. */
async function openDispatcher(wanted: ModuleExport): Promise<JobDispatcher> {
  const found = await loadExport(wanted);
  const made = (typeof found === 'function' ? construct(found as Constructor, wanted) : found) as Partial<Dispatcher> | null;
  if (typeof made?.dispatch === 'function') return made as JobDispatcher;
  // a class that knows nothing of ours need only collect
  if (typeof made?.collect === 'function') return Object.assign(new Dispatcher(), { collect: made.collect.bind(made) });
  throw new StreamInferError('MODULE_LOAD_FAILED', `load ${wanted.module}: expected a dispatcher: a class with collect(position, algoName, result)`);
}

type Constructor = new (kwargs: ModuleExport['kwargs']) => unknown;

function construct(make: Constructor, wanted: ModuleExport): unknown {
  try {
    return new make(wanted.kwargs);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StreamInferError('MODULE_LOAD_FAILED', `make the dispatcher of ${wanted.module}: ${why}`, { cause });
  }
}

type ProcessWithArguments = (frame: Frame, results: readonly AlgoResult[], kwargs: ModuleExport['kwargs']) => ReturnType<ProcessHook>;

async function loadProcessHook(wanted: ModuleExport): Promise<ProcessHook> {
  const found = await loadExport(wanted);
  if (typeof found !== 'function') throw new StreamInferError('MODULE_LOAD_FAILED', `load ${wanted.module}: expected a function (frame, results) to process frames`);
  return (_streamId, frame, results) => (found as ProcessWithArguments)(frame, results, wanted.kwargs);
}
