import { makeDeferred, systemClock } from '../base/index.js';
import { openProcess } from './process-host.js';

export type AskProcessOptions<Request> = {
  /** Path of the script; it gets the request as its only message, and answers with one. */
  readonly entry: string;
  readonly request: Request;
  /** Seconds to wait for the answer. */
  readonly timeout: number;
  /** What is thrown when none has come by then. */
  readonly onTimeout: () => Error;
  /** What is thrown when the process has ended without one; `how` is for people. */
  readonly onDeath: (how: string) => Error;
  /** Rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

/** Has one thing done by a process of its own, which is ended after it: native code that faults, or waits for what never comes, takes nobody along. */
export async function askProcess<Request, Answer>({ entry, request, timeout, onTimeout, onDeath, signal }: AskProcessOptions<Request>): Promise<Answer> {
  signal?.throwIfAborted();
  const answered = makeDeferred<Answer>();
  const over = new AbortController();
  const host = openProcess<Request, Answer>({ entry, onMessage: answered.resolve, onExit: (how) => { answered.reject(onDeath(how)); } });
  const giveUp = (): void => { answered.reject(signal?.reason); };
  signal?.addEventListener('abort', giveUp);
  systemClock.sleep(timeout * 1000, over.signal).then(
    () => { answered.reject(onTimeout()); },
    () => undefined,
  );
  try {
    host.post(request);
    return await answered.promise;
  } finally {
    over.abort();
    signal?.removeEventListener('abort', giveUp);
    host.kill();
    await host.ended;
  }
}
