import type { AlgoResult, StreamEvent } from '../../runtime/index.js';
import type { EngineEvent } from './engine-pool.js';

/** What came from an engine. */
export type News =
  | { readonly kind: 'result'; readonly result: AlgoResult }
  | { readonly kind: 'event'; readonly event: StreamEvent }
  | { readonly kind: 'engine'; readonly event: EngineEvent; readonly streamIds: readonly string[] };

/** News that wait for a deploy to end; more would mean that it hangs. */
const HELD_LIMIT = 10_000;

/** What engines tell while the nodes that should hear it are being made anew. */
export class HeldNews {
  #news: News[] = [];
  #lost = 0;

  /** Keeps it; the oldest makes room where too much waits. */
  add(news: News): void {
    if (this.#news.length >= HELD_LIMIT) {
      this.#news.shift();
      this.#lost += 1;
    }
    this.#news.push(news);
  }

  /** All that waits, in order, and how many had to go; nothing waits afterwards. */
  takeAll(): { readonly news: readonly News[]; readonly lost: number } {
    const taken = { news: this.#news, lost: this.#lost };
    this.#news = [];
    this.#lost = 0;
    return taken;
  }
}

/** Events that say how a stream is, and not only what happened in it. */
const STATES: ReadonlySet<StreamEvent['event']> = new Set(['connecting', 'started', 'progress', 'paused', 'resumed', 'stalled', 'reconnected', 'ended']);

/** What an event says the state of: `''` the stream, its `picture`, or the id of a recorder; undefined where it only tells what happened. */
export function stateTopic(event: StreamEvent): string | undefined {
  if (event.event === 'recording') return event.state === 'recovered' ? undefined : event.recorderId;
  if (event.event === 'picture') return 'picture';
  const isState = STATES.has(event.event) || (event.event === 'error' && event.fatal);
  return isState ? '' : undefined;
}
