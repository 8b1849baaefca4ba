import { StreamInferError, type StreamEvent } from '../../runtime/index.js';
import type { EnginePool } from './engine-pool.js';
import type { SourceRequest, StreamRef } from './node-api.js';
import { StreamRun, type PlannedStream } from './stream-run.js';

/** A stream that no flow declares: somebody tries something out. */
export type GuestStream = { readonly ref: StreamRef; readonly run: StreamRun };

/** Guests at a time; each has a decoder and models of its own. */
const MOST = 4;

/** Streams that are played beside those of the flow, on the same engines. They are there until they are removed, or the flows stop. */
export class GuestStreams {
  readonly #pool: EnginePool;
  readonly #guests = new Map<string, GuestStream>();
  #onRemoved: (id: string) => void = () => undefined;

  constructor(pool: EnginePool) {
    this.#pool = pool;
  }

  /** Has `onRemoved` told of each that is not there any more; one asks. */
  whenRemoved(onRemoved: (id: string) => void): void {
    this.#onRemoved = onRemoved;
  }

  get all(): readonly GuestStream[] {
    return [...this.#guests.values()];
  }

  /** Throws `STREAM_UNKNOWN`. */
  of(id: string): GuestStream {
    const guest = this.#guests.get(id);
    if (guest === undefined) throw new StreamInferError('STREAM_UNKNOWN', 'there is no such stream: it ended with a deploy, or because nobody looked at it any more');
    return guest;
  }

  has(id: string): boolean {
    return this.#guests.has(id);
  }

  /** Plays the plan, in place of what the guest of that id played. Rejects with `STATE_INVALID` where there are too many. */
  async play(planned: PlannedStream): Promise<void> {
    const { id, name } = planned.plan;
    const known = this.#guests.get(id);
    if (known === undefined && this.#guests.size >= MOST) {
      throw new StreamInferError('STATE_INVALID', `${MOST} streams are being tried out already: stop one of them, or close its page`);
    }
    const guest = { ref: { id, name }, run: known?.run ?? new StreamRun(id, this.#pool) };
    this.#guests.set(id, guest);
    await guest.run.play(planned, 'restart');
  }

  /** Does what is asked of it; `start`: once more what it played. */
  async request(id: string, request: SourceRequest): Promise<void> {
    const { run } = this.of(id);
    if (request.action === 'stop') {
      await run.stop();
      return;
    }
    if (request.action !== 'start') {
      await run.command(request);
      return;
    }
    if (run.planned === undefined) throw new StreamInferError('STATE_INVALID', 'there is nothing to play');
    await run.play(run.planned, 'restart');
  }

  /** Takes note of what an engine tells; false where it is none of the guests'. */
  noticed(event: StreamEvent): boolean {
    const guest = this.#guests.get(event.streamId);
    guest?.run.noticed(event);
    return guest !== undefined;
  }

  /** Nothing happens where it is not there any more. */
  async remove(id: string): Promise<void> {
    const guest = this.#guests.get(id);
    this.#guests.delete(id);
    this.#onRemoved(id);
    await guest?.run.remove();
  }

  /** Ends all of them: what they were made of may be gone. */
  removeAll(): void {
    // an engine that does not stop it is ended itself
    for (const { ref } of this.all) this.remove(ref.id).catch(() => undefined);
  }

  /** Does nothing more: all engines are being closed. */
  dropAll(): void {
    const gone = this.all;
    this.#guests.clear();
    for (const { ref, run } of gone) {
      run.drop();
      this.#onRemoved(ref.id);
    }
  }
}
