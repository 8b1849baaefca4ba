import type { StreamInferError } from '../../base/index.js';
import { type AlgoPlan, type AlgoResult } from '../../base/index.js';
import { type JpegEncoder, makeFrame, type MediaBackend, type Stage } from '../../media/index.js';
import type { Overlay } from '../../record/index.js';
import { drawAreasOnFrame, drawOnFrame } from '../../vision/index.js';
import type { Snapshot, SnapshotOptions } from '../api.js';
import type { DeliveredFrame } from './delivered-frame.js';
import { overlaysOf } from './overlays-of.js';

export type SnapshotsOptions = {
  readonly backend: MediaBackend;
  readonly algos: readonly AlgoPlan[];
  /** The newest result of every algo. */
  readonly latest: () => readonly AlgoResult[];
};

/** A frame to look at, and the size that the producer gives it. */
type Shown = { readonly frame: DeliveredFrame; readonly stage: Stage };

type Waiting = { readonly options: SnapshotOptions; readonly resolve: (snapshot: Promise<Snapshot>) => void; readonly reject: (error: StreamInferError) => void };

/** Of 100, the first one good enough for most; the others where the picture has too many bytes. */
const QUALITIES = [80, 55, 30, 12, 1] as const;
/** Pixels a row, below which labels hide more than they tell. */
const LEGIBLE_WIDTH = 240;
/** Sizes for which an encoder is kept. */
const MOST_ENCODERS = 4;

/**
 * Pictures of a stream for those who look: each is asked for and gets the next frame, so that nothing is converted or encoded
 * while nobody asks. A paused stream answers with its newest frame.
 */
export class Snapshots {
  readonly #options: SnapshotsOptions;
  readonly #waiting = new Set<Waiting>();
  /** By size and quality. */
  readonly #encoders = new Map<string, JpegEncoder>();
  /** Index of the quality that sufficed, by width and limit. */
  readonly #sufficed = new Map<string, number>();
  /** Encoding is done one after the other: an encoder has one picture at a time. */
  #encoding: Promise<unknown> = Promise.resolve();
  #newest: Shown | undefined;
  #isPaused = false;
  #closed: StreamInferError | undefined;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
  }

  /** Whether somebody waits for the next frame. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Resolves with the next frame. Rejects when the stream ends, or a picture cannot be made. */
  ask(options: SnapshotOptions): Promise<Snapshot> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed);
    return new Promise((resolve, reject) => {
      this.#waiting.add({ options, resolve, reject });
      this.#serveNewest();
    });
  }

  /** Whether no frame comes by itself: who asks gets the newest one, or the next that is stepped to. */
  set isPaused(isPaused: boolean) {
    this.#isPaused = isPaused;
    this.#serveNewest();
  }

  /** A frame is done: its results are known. It stays the caller's. */
  take(frame: DeliveredFrame, stage: Stage): void {
    frame.retain();
    this.#newest?.frame.release();
    this.#newest = { frame, stage };
    for (const waiting of this.#waiting) this.#serve(waiting, this.#newest);
  }

  /** No frame comes any more. */
  close(error: StreamInferError): void {
    this.#closed = error;
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting.clear();
    this.#newest?.frame.release();
    this.#newest = undefined;
    void this.#encoding.finally(() => { this.#closeEncoders(); });
  }

  #serveNewest(): void {
    const newest = this.#newest;
    if (newest === undefined || !this.#isPaused) return;
    for (const waiting of this.#waiting) if (waiting.options.after !== newest.frame.info.index) this.#serve(waiting, newest);
  }

  #serve(waiting: Waiting, shown: Shown): void {
    this.#waiting.delete(waiting);
    waiting.resolve(this.#make(shown, waiting.options));
  }

  /** The pixels are made at once, as the picture does not stay; they are encoded when it is their turn. */
  async #make({ frame, stage }: Shown, options: SnapshotOptions): Promise<Snapshot> {
    const { info, stream } = frame;
    const width = even(Math.min(options.width, stage.width));
    const height = even((stage.height * width) / stage.width);
    const pixels = makeFrame(frame.picture, { width, height, format: 'rgb24' }, info.index);
    const { algos, latest } = this.#options;
    const wanted = latest().filter(({ algoId }) => options.draw?.includes(algoId) ?? true);
    const overlays = overlaysOf(wanted, algos).map((overlay) => legible(overlay, width));
    for (const { areas = [] } of overlays) drawAreasOnFrame(pixels, areas);
    for (const { items } of overlays) drawOnFrame(pixels, items, info);
    const encoded = this.#encoding.then(() => this.#encode(pixels, options.maxBytes ?? Infinity));
    this.#encoding = encoded.catch(() => undefined);
    return { width, height, index: info.index, epoch: stream.epoch, position: info.ptsUs / 1e6, jpeg: await encoded };
  }

  async #encode(pixels: Parameters<JpegEncoder['encode']>[0], maxBytes: number): Promise<Uint8Array> {
    const size = `${pixels.width}×${pixels.height}`;
    const key = `${size} ${maxBytes}`;
    for (let i = this.#sufficed.get(key) ?? 0; ; i += 1) {
      const quality = QUALITIES[i] ?? 1;
      const jpeg = await this.#encoderFor(`${size} ${quality}`).encode(pixels, quality);
      if (jpeg.length > maxBytes && i < QUALITIES.length - 1) continue;
      this.#sufficed.set(key, i);
      return jpeg;
    }
  }

  #encoderFor(key: string): JpegEncoder {
    const encoder = this.#encoders.get(key) ?? this.#options.backend.openJpegEncoder();
    // the one used longest ago is the first
    this.#encoders.delete(key);
    this.#encoders.set(key, encoder);
    const [oldest] = this.#encoders.keys();
    if (this.#encoders.size > MOST_ENCODERS && oldest !== undefined) {
      this.#encoders.get(oldest)?.close();
      this.#encoders.delete(oldest);
    }
    return encoder;
  }

  #closeEncoders(): void {
    for (const encoder of this.#encoders.values()) encoder.close();
    this.#encoders.clear();
  }
}

/** What is drawn in a picture so wide: in a small one boxes and areas without their names. */
function legible({ algo, items, areas = [] }: Overlay, width: number): Overlay {
  if (width >= LEGIBLE_WIDTH) return { algo, items, areas };
  return {
    algo,
    items: items.map((item) => (item.box ? { ...item, label: '', score: null, trackId: NaN } : item)),
    areas: areas.map(({ places }) => ({ name: '', places })),
  };
}

function even(side: number): number {
  return Math.max(2, 2 * Math.round(side / 2));
}
