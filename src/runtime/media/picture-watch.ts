import { makeYuvPlanes } from '../vision/index.js';
import type { Picture } from './backend.js';

/** How the picture of a live source is: it moves, it has not changed for a while, it has been black for a while. */
export type PictureState = 'ok' | 'frozen' | 'black';

/** A change of the state. `seconds`: how long the picture has been frozen or black; of `ok`: how long that lasted. */
export type PictureNews = { readonly state: PictureState; readonly seconds: number };

export type PictureWatchOptions = {
  /** Seconds without a change before the picture is told as frozen; 0: never. */
  readonly frozenAfter: number;
  /** Seconds of black before it is told; 0: never. */
  readonly blackAfter: number;
};

/** Two pictures are the same where their pixels differ by no more than this on average, of the whole range: `noise` of FFmpeg's freezedetect, -60 dB. */
const SAME = 0.001;

/** A pixel is black up to this part of the range: `pixel_black_th` of FFmpeg's blackdetect. */
const BLACK_LUMA = 0.1;

/** A picture is black where this part of its pixels is: `picture_black_ratio_th` of blackdetect. */
const BLACK_PART = 0.98;

/** Pixels of a picture that are looked at, about. Single ones, not averages: averages would hide the noise by which a camera shows that it lives. */
const SAMPLES = 40_000;

/** Luma in planes goes from here, over so many levels. */
const LOWEST = 16;
const RANGE = 219;

type Size = { readonly width: number; readonly height: number };

/** Watches over the pictures of a live source, of which it looks at one a second, or more where its times are short. */
export class PictureWatch {
  readonly #options: PictureWatchOptions;
  readonly #stepUs: number;
  #planes = makeYuvPlanes({ width: 2, height: 2 });
  /** Whose pictures fit in `#planes`. */
  #planesOf: Size | undefined;
  #first: Uint8Array | undefined;
  #nextUs = -Infinity;
  #lastUs = 0;
  #sameSinceUs = 0;
  #blackSinceUs: number | undefined;
  #state: PictureState = 'ok';
  #stateSinceUs = 0;

  constructor(options: PictureWatchOptions) {
    const times = [options.frozenAfter, options.blackAfter].filter((seconds) => seconds > 0);
    this.#options = options;
    this.#stepUs = times.length === 0 ? Infinity : Math.min(1, ...times.map((seconds) => seconds / 4)) * 1e6;
    if (times.length === 0) this.#nextUs = Infinity;
  }

  /** For who comes when it was told already; undefined: all is well. */
  get trouble(): PictureNews | undefined {
    return this.#state === 'ok' ? undefined : { state: this.#state, seconds: this.#secondsSince(this.#stateSinceUs) };
  }

  /** Looks at the picture, whose pixels are had cheapest at `size`; tells a change. */
  judge(picture: Picture, size: Size): PictureNews | undefined {
    const { ptsUs } = picture;
    if (ptsUs < this.#nextUs) return undefined;
    this.#nextUs = ptsUs + this.#stepUs;
    this.#lastUs = ptsUs;
    const samples = this.#sample(picture, size);
    this.#blackSinceUs = isBlack(samples) ? (this.#blackSinceUs ?? ptsUs) : undefined;
    if (this.#first === undefined || !isSame(this.#first, samples)) {
      this.#first = samples;
      this.#sameSinceUs = ptsUs;
    }
    return this.#become(this.#stateAt(ptsUs));
  }

  /** The source begins anew: nothing is known of its picture. */
  reset(): PictureNews | undefined {
    this.#first = undefined;
    this.#blackSinceUs = undefined;
    if (this.#nextUs !== Infinity) this.#nextUs = -Infinity;
    return this.#become({ state: 'ok', sinceUs: this.#lastUs });
  }

  #stateAt(ptsUs: number): { readonly state: PictureState; readonly sinceUs: number } {
    const { frozenAfter, blackAfter } = this.#options;
    const blackSinceUs = this.#blackSinceUs ?? ptsUs;
    if (blackAfter > 0 && ptsUs - blackSinceUs >= blackAfter * 1e6) return { state: 'black', sinceUs: blackSinceUs };
    if (frozenAfter > 0 && ptsUs - this.#sameSinceUs >= frozenAfter * 1e6) return { state: 'frozen', sinceUs: this.#sameSinceUs };
    return { state: 'ok', sinceUs: ptsUs };
  }

  #become({ state, sinceUs }: { readonly state: PictureState; readonly sinceUs: number }): PictureNews | undefined {
    if (state === this.#state) return undefined;
    const fromUs = state === 'ok' ? this.#stateSinceUs : sinceUs;
    this.#state = state;
    this.#stateSinceUs = sinceUs;
    return { state, seconds: this.#secondsSince(fromUs) };
  }

  #secondsSince(us: number): number {
    return Math.round((this.#lastUs - us) / 1e5) / 10;
  }

  #sample(picture: Picture, size: Size): Uint8Array {
    if (this.#planesOf?.width !== size.width || this.#planesOf.height !== size.height) this.#planes = makeYuvPlanes(size);
    this.#planesOf = { width: size.width, height: size.height };
    const { width, planes: [luma] } = this.#planes;
    picture.toYuv(this.#planes);
    const step = stepOver(luma.length, width);
    const samples = new Uint8Array(Math.ceil(luma.length / step));
    for (let i = 0, from = 0; from < luma.length; i += 1, from += step) samples[i] = luma[from] as number;
    return samples;
  }
}

/** Pixels from one sample to the next; it shares no divisor with the width, so that the samples are in all columns. */
function stepOver(count: number, width: number): number {
  let step = Math.max(1, Math.floor(count / SAMPLES));
  while (divisorOf(step, width) > 1) step += 1;
  return step;
}

function divisorOf(a: number, b: number): number {
  return b === 0 ? a : divisorOf(b, a % b);
}

function isBlack(samples: Uint8Array): boolean {
  let black = 0;
  for (const luma of samples) if (luma <= LOWEST + BLACK_LUMA * RANGE) black += 1;
  return black >= BLACK_PART * samples.length;
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs((a[i] as number) - (b[i] as number));
  return sum <= SAME * RANGE * a.length;
}
