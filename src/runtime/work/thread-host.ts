import { type Transferable, Worker } from 'node:worker_threads';

/** How a worker thread is started. `In` are the messages it gets, `Out` those it sends. */
export type ThreadOptions<Out> = {
  /** Absolute path of the thread's compiled entry file. */
  readonly entry: string;
  /** What the thread finds as its `workerData`. */
  readonly data: unknown;
  /** Ports and buffers in `data` that are given away. */
  readonly transfer?: readonly Transferable[];
  readonly onMessage: (message: Out) => void;
  /** Once, when the thread has ended; `error` is what it died of, absent after a clean end. */
  readonly onExit: (error?: Error) => void;
};

/** Our end of a worker thread. */
export interface ThreadHost<In> {
  post(message: In, transfer?: readonly Transferable[]): void;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;
  /**
   * Ends the thread where it stands. Only for threads that run nothing native: ending one inside a native call takes
   * the whole process with it.
   */
  terminate(): void;
}

/** Starts a worker thread; a thread that cannot start ends with an error. */
export function openThread<In, Out>(options: ThreadOptions<Out>): ThreadHost<In> {
  const worker = new Worker(options.entry, {
    workerData: options.data,
    transferList: [...(options.transfer ?? [])],
    stdin: false,
  });
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
    post: (message, transfer) => { worker.postMessage(message, [...(transfer ?? [])]); },
    ended,
    terminate: () => { void worker.terminate(); },
  };
}
