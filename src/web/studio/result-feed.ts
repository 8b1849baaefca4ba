import { signal } from '@preact/signals';

import type { ResultRow } from '../../plugins/studio/contract.js';
import { ApiError } from '../shared/api.js';
import type { StudioApi } from './studio-api.js';

/** Rows that the page keeps. */
const MOST = 3000;
const AGAIN_MS = 1000;

/** The results of the stream that the page plays, newest last; asking for them is also what keeps the stream. */
export class ResultFeed {
  readonly rows = signal<readonly ResultRow[]>([]);
  readonly #api: Pick<StudioApi, 'results'>;
  #over = new AbortController();

  constructor(api: Pick<StudioApi, 'results'>) {
    this.#api = api;
  }

  /** Follows that stream, and no other any more; `onGone` is called when it is not there any more. */
  follow(streamId: string, onGone: () => void): void {
    this.#over.abort();
    this.#over = new AbortController();
    this.rows.value = [];
    void this.#run(streamId, onGone, this.#over.signal);
  }

  async #run(streamId: string, onGone: () => void, over: AbortSignal): Promise<void> {
    let play = 0;
    let after = 0;
    while (!over.aborted) {
      try {
        const answer = await this.#api.results(streamId, { play, after }, over);
        const known = answer.play === play ? this.rows.value : [];
        play = answer.play;
        after = answer.rows.at(-1)?.number ?? (known.length === 0 ? 0 : after);
        this.rows.value = [...known, ...answer.rows].slice(-MOST);
      } catch (error) {
        if (error instanceof ApiError && error.code === 'STREAM_UNKNOWN') {
          onGone();
          return;
        }
        await new Promise((resolve) => { setTimeout(resolve, AGAIN_MS); });
      }
    }
  }
}
