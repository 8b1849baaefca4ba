import { signal } from '@preact/signals';

import type { EngineView, StreamRequest, StreamView } from '../../plugins/live/contract.js';
import { type Api, ApiError } from './api.js';

export type Failure = { readonly code: string; readonly message: string };

const EVERY_MS = 1000;

/** The streams of this Node-RED, asked for again and again while somebody watches and the page is seen. */
export class StreamStore {
  readonly streams = signal<readonly StreamView[]>([]);
  readonly engines = signal<readonly EngineView[]>([]);
  /** Why there is nothing newer. */
  readonly failure = signal<Failure | undefined>(undefined);
  /** Whether it was answered at all. */
  readonly isKnown = signal(false);
  readonly #api: Pick<Api, 'streams' | 'tell'>;
  #watchers = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking = false;

  constructor(api: Pick<Api, 'streams' | 'tell'>) {
    this.#api = api;
    document.addEventListener('visibilitychange', () => { this.look(); });
  }

  /** Watches until the function that it returns is called. */
  watch(): () => void {
    this.#watchers += 1;
    if (this.#watchers === 1) this.look();
    let isWatching = true;
    return () => {
      if (isWatching) this.#watchers -= 1;
      isWatching = false;
    };
  }

  /** Undefined where it worked. */
  async tell(streamId: string, request: StreamRequest): Promise<Failure | undefined> {
    try {
      await this.#api.tell(streamId, request);
      this.look();
      return undefined;
    } catch (error) {
      return failureOf(error);
    }
  }

  /** At once, and then again. */
  look(): void {
    clearTimeout(this.#timer);
    if (this.#watchers === 0 || document.visibilityState !== 'visible' || this.#asking) return;
    this.#asking = true;
    void this.#ask().finally(() => {
      this.#asking = false;
      this.#timer = setTimeout(() => { this.look(); }, EVERY_MS);
    });
  }

  async #ask(): Promise<void> {
    try {
      const { streams, engines } = await this.#api.streams();
      this.streams.value = streams;
      this.engines.value = engines;
      this.failure.value = undefined;
      this.isKnown.value = true;
    } catch (error) {
      this.failure.value = failureOf(error);
    }
  }
}

/** What went wrong, for `Trouble`. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ApiError) return { code: error.code, message: error.message };
  return { code: 'UNREACHABLE', message: error instanceof Error ? error.message : String(error) };
}
