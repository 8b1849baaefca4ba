import { circuitBreaker, type CircuitBreakerPolicy, ConsecutiveBreaker, DelegateBackoff, ExponentialBackoff, handleWhen, type IHalfOpenAfterBackoffContext, isBrokenCircuitError, type IPolicy, retry, wrap } from 'cockatiel';

import { asStreamInferError, type StreamInferError, toWire } from '../../base/index.js';
import type { AlgoState } from '../algo.js';

/** A server that fails this often in a row is left alone for a while. */
const FAILURES = 3;
/** Seconds it is left alone: 1, 2, 4 … */
const MOST_PAUSE_SEC = 30;
/** Milliseconds between two tries of one request, with jitter. */
const RETRY_MS = { initialDelay: 100, maxDelay: 5000 };

export type GuardOptions = {
  /** How often a request that found no server is sent again. */
  readonly retries: number;
  readonly onState: (state: AlgoState) => void;
};

/**
 * Stands between the runs and a server: sends again what found none, and after three failures in a row asks no more for a
 * growing while, in which every run fails at once with what had gone wrong.
 */
export class Guard {
  readonly #breaker: CircuitBreakerPolicy;
  readonly #policy: IPolicy;
  #failure: StreamInferError | undefined;
  #pauseSec = 0;

  constructor({ retries, onState }: GuardOptions) {
    this.#breaker = circuitBreaker(handleWhen(isServerGone), {
      breaker: new ConsecutiveBreaker(FAILURES),
      halfOpenAfter: new DelegateBackoff(({ attempt }: IHalfOpenAfterBackoffContext) => {
        this.#pauseSec = Math.min(MOST_PAUSE_SEC, 2 ** (attempt - 1));
        return this.#pauseSec * 1000;
      }),
    });
    this.#breaker.onBreak(() => {
      if (this.#failure !== undefined) onState({ state: 'waiting', error: toWire(this.#failure), retryIn: this.#pauseSec });
    });
    this.#breaker.onReset(() => { onState({ state: 'ready' }); });
    const again = retry(handleWhen((error) => toWire(error).code === 'REMOTE_UNREACHABLE'), { maxAttempts: retries, backoff: new ExponentialBackoff(RETRY_MS) });
    this.#policy = wrap(this.#breaker, again);
  }

  /** What `request` gives, or why it gives nothing; its signal ends the pauses too. */
  async run<T>(request: () => Promise<T>, signal: AbortSignal): Promise<T> {
    try {
      return await this.#policy.execute(async () => {
        signal.throwIfAborted();
        try {
          return await request();
        } catch (error) {
          throw this.#note(error);
        }
      }, signal);
    } catch (error) {
      if (isBrokenCircuitError(error)) throw this.#failure ?? error;
      // a pause that is cut short gives the failure before it
      throw signal.aborted ? signal.reason : error;
    }
  }

  #note(error: unknown): StreamInferError {
    const noted = asStreamInferError(error);
    if (isServerGone(noted)) this.#failure = noted;
    return noted;
  }
}

function isServerGone(error: unknown): boolean {
  const { code } = toWire(error);
  return code === 'REMOTE_UNREACHABLE' || code === 'ALGO_TIMEOUT';
}
