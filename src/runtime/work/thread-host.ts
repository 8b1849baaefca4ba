import { setFlagsFromString } from 'node:v8';
import { type Transferable, Worker } from 'node:worker_threads';

/** How a worker thread is started. `In` are the messages it gets, `Out` those it sends. */
export type ThreadOptions<Out> = {
  /** Absolute path of the thread's compiled entry file. */
  readonly entry: string;
  /** What the thread finds as its `workerData`. */
  readonly data: unknown;
  /** Ports and buffers in `data` that are given away. */
  readonly transfer?: readonly Transferable[];
  /** MiB that objects made last may take before they are looked through. Default: V8's, which lets it grow to some 48, most of it garbage. */
  readonly youngMiB?: number;
  readonly onMessage: (message: Out) => void;
  /** Once, when the thread has ended; `error` is what it died of, absent after a clean end. */
  readonly onExit: (error?: Error) => void;
};

/** Our end of a worker thread. */
export interface ThreadHost<In> {
  /** What the thread itself knows as its `threadId`. */
  readonly id: number;
  post(message: In, transfer?: readonly Transferable[]): void;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
  /**
   * Ends the thread where it stands. Only for threads that run nothing native: ending one inside a native call takes
   * the whole process with it.
   */
  terminate(): void;
}

/**
 * Heap that a thread begins with, in MiB. Memory of frames lies outside of it, but V8 counts it in when it decides to collect: a
 * small heap would be searched every few frames (15 % of all CPU where every frame of a 1080p file goes to an algo).
 */
const INITIAL_HEAP_MIB = 64;

/** Starts a worker thread; a thread that cannot start ends with an error. */
export function openThread<In, Out>(options: ThreadOptions<Out>): ThreadHost<In> {
  // read when a thread's heap is made
  setFlagsFromString(`--initial-heap-size=${String(INITIAL_HEAP_MIB)}`);
  const worker = new Worker(options.entry, {
    workerData: options.data,
    transferList: [...(options.transfer ?? [])],
    ...(options.youngMiB !== undefined && { resourceLimits: { maxYoungGenerationSizeMb: options.youngMiB } }),
    stdin: false,
  });
  const id = worker.threadId;
  let failure: Error | undefined;
  worker.on('message', options.onMessage);
  worker.on('messageerror', (error) => { failure ??= error; });
  worker.on('error', (error) => { failure ??= error instanceof Error ? error : new Error(String(error)); });
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      if (code !== 0) failure ??= new Error(`the thread ended with code ${String(code)}`);
      options.onExit(failure);
      resolve();
    });
  });
  return {
    id,
    post: (message, transfer) => { worker.postMessage(message, [...(transfer ?? [])]); },
    ended,
    terminate: () => { void worker.terminate(); },
  };
}
