import type { LivePicture, PicturesAnswer, PictureWish } from '../../src/plugins/live/contract.js';

/** Of a picture under a node. */
const WIDTH = 160;

/** Asks for small pictures as a page of the editor does: one request at a time, for what it does not have yet. */
export class Viewer {
  readonly #url: string;
  readonly #wishes: PictureWish[];
  readonly #over = new AbortController();
  readonly #done: Promise<void>;
  /** Pictures that came. */
  pictures = 0;
  answers = 0;
  bytes = 0;

  /** `shown`: stream and algo of each picture. */
  constructor(url: string, shown: readonly { readonly stream: string; readonly algo: string }[]) {
    this.#url = `${url}/stream-infer/pictures`;
    this.#wishes = shown.map(({ stream, algo }, at) => ({ key: String(at), stream, width: WIDTH, draw: [algo] }));
    this.#done = this.#watch();
  }

  /** Ends; rejects with what went wrong meanwhile. */
  async close(): Promise<void> {
    this.#over.abort();
    await this.#done;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#over;
    try {
      while (!signal.aborted) {
        const response = await fetch(this.#url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ wishes: this.#wishes }), signal });
        if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
        this.#take(((await response.json()) as PicturesAnswer).pictures);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  #take(pictures: readonly LivePicture[]): void {
    this.answers += 1;
    for (const { key, id, jpeg } of pictures) {
      const at = Number(key);
      const wish = this.#wishes[at];
      if (wish !== undefined) this.#wishes[at] = { ...wish, after: id };
      this.pictures += 1;
      this.bytes += (jpeg.length * 3) / 4;
    }
  }
}
