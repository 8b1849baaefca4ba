import type { Clock, Snapshot, SnapshotOptions } from '../../runtime/index.js';
import type { PictureWish } from './contract.js';

export type PicturesOptions = {
  /** The next frame of a stream; rejects where it does not play, or ends. */
  readonly snapshot: (streamId: string, options: SnapshotOptions) => Promise<Snapshot>;
  readonly clock: Clock;
  /** Times longer than is wished for that the time between two pictures is, as things are. */
  readonly slowdown: () => number;
};

/** Milliseconds between two pictures of a stream where the wish does not say. */
const DEFAULT_EVERY_MS = 200;

/** Pictures of so many pixels a row are small ones, which have no more bytes than this. */
const SMALL = { width: 200, maxBytes: 10_000 } as const;
/** Milliseconds until a stream that gives no picture is asked again. */
const AGAIN_MS = 1000;
/** Milliseconds that pictures at which nobody looks are kept. */
const KEPT_MS = 30_000;

/** A picture as it is handed on, to some as bytes, to others as text. */
export class ShownPicture {
  readonly id: string;
  readonly jpeg: Buffer;
  readonly place: Pick<Snapshot, 'width' | 'height' | 'position'>;
  #base64: string | undefined;

  constructor({ epoch, index, jpeg, width, height, position }: Snapshot) {
    this.id = `${epoch}-${index}`;
    this.jpeg = Buffer.from(jpeg);
    this.place = { width, height, position };
  }

  get base64(): string {
    this.#base64 ??= this.jpeg.toString('base64');
    return this.#base64;
  }
}

/** How a stream is to be shown, and what is there already. */
export type Wish = Omit<PictureWish, 'key'>;

/** One way in which one stream is shown, to any number of viewers. */
type Rendering = {
  newest?: { readonly picture: ShownPicture; readonly index: number; readonly atMs: number };
  /** The next one is being made. */
  coming: Promise<void> | undefined;
  lookedAtMs: number;
};

/** Pictures for those who look: each is made once for all of them, and only when somebody waits for it. */
export class Pictures {
  readonly #options: PicturesOptions;
  readonly #renderings = new Map<string, Rendering>();

  constructor(options: PicturesOptions) {
    this.#options = options;
  }

  /** Milliseconds between two pictures for such wishes, as things are. */
  everyMs(wishes: readonly Pick<Wish, 'everyMs'>[]): number {
    return this.#options.slowdown() * Math.min(...wishes.map(({ everyMs = DEFAULT_EVERY_MS }) => everyMs));
  }

  /** The newest picture that is not the one the wish has; waits for it until the signal aborts, then gives undefined. */
  async next(wish: Wish, signal: AbortSignal): Promise<ShownPicture | undefined> {
    const { clock } = this.#options;
    const rendering = this.#renderingOf(wish);
    while (!signal.aborted) {
      rendering.lookedAtMs = clock.now();
      const { newest } = rendering;
      // an old one is better than none: a live one follows
      if (newest !== undefined && newest.picture.id !== wish.after) return newest.picture;
      const pauseMs = this.everyMs([wish]) - (newest === undefined ? Infinity : clock.now() - newest.atMs);
      if (pauseMs > 0) await clock.sleep(pauseMs, signal).catch(() => undefined);
      else await this.#come(wish, { rendering, signal });
    }
    return undefined;
  }

  /** Resolves when the next picture is there, the stream was asked in vain, or the signal aborts. */
  async #come(wish: Wish, { rendering, signal }: { readonly rendering: Rendering; readonly signal: AbortSignal }): Promise<void> {
    rendering.coming ??= this.#make(wish, rendering).finally(() => { rendering.coming = undefined; });
    const over = new AbortController();
    const aborted = new Promise<void>((resolve) => { signal.addEventListener('abort', () => { resolve(); }, { once: true, signal: over.signal }); });
    await Promise.race([rendering.coming, aborted]);
    over.abort();
  }

  async #make({ stream, width, draw }: Wish, rendering: Rendering): Promise<void> {
    const { snapshot, clock } = this.#options;
    try {
      const after = rendering.newest?.index;
      const taken = await snapshot(stream, {
        width,
        ...(draw !== undefined && { draw }),
        ...(width <= SMALL.width && { maxBytes: SMALL.maxBytes }),
        ...(after !== undefined && { after }),
      });
      rendering.newest = { picture: new ShownPicture(taken), index: taken.index, atMs: clock.now() };
    } catch {
      // it does not play, or not any more: it may again
      await clock.sleep(AGAIN_MS);
    }
  }

  #renderingOf({ stream, width, draw }: Wish): Rendering {
    const nowMs = this.#options.clock.now();
    for (const [key, { lookedAtMs, coming }] of this.#renderings) {
      if (coming === undefined && nowMs - lookedAtMs > KEPT_MS) this.#renderings.delete(key);
    }
    const key = JSON.stringify([stream, width, draw && [...draw].sort()]);
    const known = this.#renderings.get(key) ?? { coming: undefined, lookedAtMs: nowMs };
    this.#renderings.set(key, known);
    return known;
  }
}
