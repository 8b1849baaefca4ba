import { randomUUID } from 'node:crypto';

import { type Clock, StreamInferError } from '../../runtime/index.js';
import type { Coordinator } from '../../nodes/shared/coordinator.js';
import type { PlannedStream } from '../../nodes/shared/stream-run.js';
import type { ResultsAnswer } from './contract.js';
import { streamIdFor } from './draft.js';
import { ResultLog } from './result-log.js';

/** Milliseconds without a look after which a stream is ended. */
const GONE_MS = 15_000;
/** Milliseconds that a look waits for a result at most, and that it gathers more when one is there. */
const PATIENCE_MS = 10_000;
const GATHER_MS = 250;

/** The newest row that is there already, and the play it is of. */
export type Asked = { readonly play: number; readonly after: number };

/** One page's stream. */
class Session {
  readonly log = new ResultLog();
  play = 0;
  /** Wakes those who wait for a result. */
  readonly #waiting = new Set<() => void>();
  #looks = 0;
  #leaving: AbortController | undefined;

  wake(): void {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Resolves with the next result, or when the signal aborts. */
  next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      signal.addEventListener('abort', () => {
        this.#waiting.delete(resolve);
        resolve();
      }, { once: true });
    });
  }

  /** Somebody looks until the function that it returns is called; `leave` is called when nobody has for some time. */
  look(clock: Clock, leave: () => void): () => void {
    this.#leaving?.abort();
    this.#looks += 1;
    return () => {
      this.#looks -= 1;
      if (this.#looks > 0) return;
      const leaving = new AbortController();
      this.#leaving = leaving;
      clock.sleep(GONE_MS, leaving.signal).then(leave, () => undefined);
    };
  }

  close(): void {
    this.#leaving?.abort();
    this.wake();
  }
}

/** The streams that pages of the studio play, each as long as its page is there. */
export class Sessions {
  readonly #coordinator: Coordinator;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();

  constructor(coordinator: Coordinator, clock: Clock) {
    this.#coordinator = coordinator;
    this.#clock = clock;
    coordinator.guests.whenRemoved((id) => { this.#forget(id); });
    coordinator.watch((news) => {
      if (news.kind !== 'result') return;
      const session = this.#sessions.get(news.result.streamId);
      session?.log.add(news.result);
      session?.wake();
    });
  }

  /** The name of a session: that of a stream that is there still, else a new one. */
  nameFor(streamId: string | undefined): string {
    return streamId !== undefined && this.#sessions.has(streamId) ? streamId.slice(0, streamId.indexOf(':')) : `studio-${randomUUID()}`;
  }

  /** Plays it, in place of what the session played, and gives the stream's id. */
  async start(name: string, planned: PlannedStream): Promise<string> {
    const id = streamIdFor(name);
    const known = this.#sessions.get(id);
    const session = known ?? new Session();
    const stopLooking = session.look(this.#clock, () => { this.#leave(id); });
    this.#sessions.set(id, session);
    try {
      session.play += 1;
      session.log.clear();
      await this.#coordinator.guests.play(planned);
    } catch (error) {
      // whose id nobody was told cannot be tried again
      if (known === undefined) this.#leave(id);
      throw error;
    } finally {
      if (this.#sessions.has(id)) stopLooking();
    }
    return id;
  }

  /** Throws `STREAM_UNKNOWN`. */
  async results(id: string, asked: Asked, signal: AbortSignal): Promise<ResultsAnswer> {
    const session = this.#sessions.get(id);
    if (session === undefined) return this.#unknown(id);
    const stopLooking = session.look(this.#clock, () => { this.#leave(id); });
    const answer = await this.#resultsOf(session, asked, signal);
    // it may have been ended meanwhile
    if (this.#sessions.get(id) !== session) return this.#unknown(id);
    stopLooking();
    return answer;
  }

  async close(id: string): Promise<void> {
    await this.#coordinator.guests.remove(id);
  }

  #unknown(id: string): never {
    throw new StreamInferError('STREAM_UNKNOWN', `there is no stream ${id}: it ended with a deploy, or because nobody looked at it any more`);
  }

  async #resultsOf(session: Session, { play, after }: Asked, signal: AbortSignal): Promise<ResultsAnswer> {
    const enough = new AbortController();
    const over = AbortSignal.any([signal, enough.signal]);
    const wait = (ms: number): Promise<void> => this.#clock.sleep(ms, over).catch(() => undefined);
    // numbers of another play say nothing of this one
    const newer = (): ReturnType<ResultLog['after']> => session.log.after(play === session.play ? after : 0);
    if (newer().rows.length === 0) await Promise.race([session.next(over), wait(PATIENCE_MS)]);
    await wait(GATHER_MS);
    enough.abort();
    return { play: session.play, ...newer() };
  }

  #leave(id: string): void {
    // an engine that does not stop it is ended itself
    this.close(id).catch(() => undefined);
  }

  #forget(id: string): void {
    this.#sessions.get(id)?.close();
    this.#sessions.delete(id);
  }
}
