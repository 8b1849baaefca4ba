import type { LivePicture, PictureWish } from '../../plugins/live/contract.js';
import type { Api } from './api.js';

/** How a stream is to be shown. */
export type Showing = Omit<PictureWish, 'key' | 'after'>;

type Viewer = { readonly showing: Showing; readonly onPicture: (picture: LivePicture) => void; after?: string };

/** Pictures that one request can ask for. */
const MOST = 64;
/** Milliseconds after a request that went wrong. */
const AGAIN_MS = 2000;

/** Fetches pictures for all viewers of a page with one request at a time, as long as there are viewers and the page is seen. */
export class PictureFeed {
  readonly #api: Pick<Api, 'pictures'>;
  readonly #viewers = new Map<string, Viewer>();
  #nextKey = 0;
  /** Of the request under way. */
  #request: AbortController | undefined;
  #isRunning = false;

  constructor(api: Pick<Api, 'pictures'>) {
    this.#api = api;
    document.addEventListener('visibilitychange', () => { this.#changed(); });
  }

  /** Hands over pictures until the function that it returns is called. */
  show(showing: Showing, onPicture: (picture: LivePicture) => void): () => void {
    const key = String(this.#nextKey++);
    this.#viewers.set(key, { showing, onPicture });
    this.#changed();
    return () => {
      if (this.#viewers.delete(key)) this.#changed();
    };
  }

  #changed(): void {
    // what is under way asks for something else
    this.#request?.abort();
    if (this.#isRunning) return;
    this.#isRunning = true;
    // several that come or go at once make one request
    setTimeout(() => { void this.#run().finally(() => { this.#isRunning = false; }); });
  }

  async #run(): Promise<void> {
    while (this.#viewers.size > 0 && document.visibilityState === 'visible') {
      this.#request = new AbortController();
      await this.#fetch(this.#request.signal);
    }
  }

  async #fetch(signal: AbortSignal): Promise<void> {
    const wishes = [...this.#viewers].slice(0, MOST).map(([key, { showing, after }]) => ({ ...showing, key, ...(after !== undefined && { after }) }));
    try {
      const { pictures } = await this.#api.pictures({ wishes }, signal);
      for (const picture of pictures) this.#handOver(picture);
    } catch {
      if (!signal.aborted) await pause(AGAIN_MS, signal);
    }
  }

  #handOver(picture: LivePicture): void {
    const viewer = this.#viewers.get(picture.key);
    if (viewer === undefined) return;
    viewer.after = picture.id;
    viewer.onPicture(picture);
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => { clearTimeout(timer); resolve(); }, { once: true });
  });
}

export function dataUrl({ jpeg }: LivePicture): string {
  return `data:image/jpeg;base64,${jpeg}`;
}
