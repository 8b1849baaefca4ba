import { changedPixels, type GrayPicture, maskOfInterest, MOTION_WIDTH, movingPatches, type RegionsOfInterest } from '../../algo/index.js';
import type { MotionGateOptions } from '../../base/index.js';
import type { DeliveredFrame } from './delivered-frame.js';

/** Half a microsecond, as seconds are kept in floats and times in microseconds. */
const ROUNDING_US = 0.5;

type Seen = GrayPicture & { readonly index: number; readonly ptsUs: number };

/** Tells whether something has moved since an algo's last run: frames are compared small and gray, within its regions. */
export class MotionGate {
  readonly #options: MotionGateOptions;
  readonly #areas: RegionsOfInterest;
  #mask: Uint8Array | undefined;
  /** The frame of the last run. */
  #last: Seen | undefined;
  /** The frame that was asked about last. */
  #newest: Seen | undefined;

  constructor(options: MotionGateOptions, areas: RegionsOfInterest) {
    this.#options = options;
    this.#areas = areas;
  }

  /** Whether nothing has moved in the frame since the last run, and that one was less than `floor` seconds ago. */
  isStill(frame: DeliveredFrame): boolean {
    const now = this.#see(frame);
    const last = this.#last;
    if (last?.width !== now.width || last.height !== now.height) return false;
    const { threshold, minArea, floor } = this.#options;
    if (now.ptsUs - last.ptsUs >= floor * 1e6 - ROUNDING_US) return false;
    return movingPatches(changedPixels(now, last.pixels, { threshold, mask: this.#mask }), minArea).length === 0;
  }

  /** A run begins, with that one as its newest frame. */
  ran(frame: DeliveredFrame): void {
    this.#last = this.#see(frame);
  }

  /** The next turn runs whatever moves. */
  reset(): void {
    this.#last = undefined;
    this.#newest = undefined;
  }

  #see(frame: DeliveredFrame): Seen {
    const { index, ptsUs, width: fullWidth, height: fullHeight } = frame.info;
    if (this.#newest?.index === index) return this.#newest;
    const width = MOTION_WIDTH;
    const height = Math.max(1, Math.round((fullHeight * width) / fullWidth));
    const pixels = new Uint8Array(width * height);
    frame.picture.toPixels({ width, height, format: 'gray8' }, pixels);
    if (this.#newest?.height !== height) this.#mask = maskOfInterest(this.#areas, { width, height });
    this.#newest = { index, ptsUs, width, height, pixels };
    return this.#newest;
  }
}
