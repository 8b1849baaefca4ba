import { type Detection, type MotionAlgoPlan, type MotionOptions, StreamInferError } from '../base/index.js';
import type { LaneAlgo, LaneFrame } from './algo.js';
import { findRegions, type Region } from './regions.js';

/** Pixels a row of the small gray picture that motion is looked for in. */
const PICTURE_WIDTH = 160;

/** Most regions in one result, biggest first. */
const MAX_REGIONS = 100;

/**
 * Motion without a model: what differs from a running average of the picture. A run gives a `Detection` for each moving
 * region, biggest first: label `motion`, score the part of the box that moves. An empty array is no motion; the first
 * frame, and the first after a change of size, only teaches the background.
 */
export function openMotionAlgo(plan: MotionAlgoPlan): Promise<LaneAlgo> {
  const detector = new MotionDetector(plan.options);
  return Promise.resolve({
    needs: { kind: 'pixels', width: PICTURE_WIDTH, format: 'gray8' },
    description: { family: 'motion', labels: ['motion'] },
    run: (frames) => new Promise((resolve) => { resolve(detector.run(frames.at(-1))); }),
    close: () => Promise.resolve(),
  });
}

class MotionDetector {
  readonly #options: MotionOptions;
  #width = 0;
  #height = 0;
  #background = new Float32Array();

  constructor(options: MotionOptions) {
    this.#options = options;
  }

  run(frame: LaneFrame | undefined): readonly Detection[] {
    if (frame?.kind !== 'pixels' || frame.format !== 'gray8') {
      throw new StreamInferError('INTERNAL', 'motion got a frame without gray pixels');
    }
    const pixels = new Uint8Array(frame.data);
    const { width, height } = frame;
    if (width !== this.#width || height !== this.#height) {
      this.#width = width;
      this.#height = height;
      this.#background = Float32Array.from(pixels);
      return [];
    }
    const changed = this.#difference(pixels);
    const picture = { width, height, pixels: withoutSpecks(changed, width, height) };
    const smallest = Math.max(1, this.#options.minArea * width * height);
    const regions = findRegions(picture).filter((region) => region.pixels >= smallest);
    regions.sort((a, b) => b.pixels - a.pixels);
    return regions.slice(0, MAX_REGIONS).map((region) => asDetection(region, frame));
  }

  /** 1 where a pixel is off the background; the background then moves towards the picture. */
  #difference(pixels: Uint8Array): Uint8Array {
    const { threshold, learningRate } = this.#options;
    const background = this.#background;
    const changed = new Uint8Array(pixels.length);
    for (let i = 0; i < pixels.length; i += 1) {
      const difference = (pixels[i] ?? 0) - (background[i] ?? 0);
      if (Math.abs(difference) > threshold) changed[i] = 1;
      background[i] = (background[i] ?? 0) + learningRate * difference;
    }
    return changed;
  }
}

/** Each pixel as most of the nine around it are: single ones vanish, small holes close. The border is left empty. */
function withoutSpecks(changed: Uint8Array, width: number, height: number): Uint8Array {
  const clean = new Uint8Array(changed.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      let count = 0;
      for (const row of [at - width, at, at + width]) {
        count += (changed[row - 1] ?? 0) + (changed[row] ?? 0) + (changed[row + 1] ?? 0);
      }
      if (count >= 5) clean[at] = 1;
    }
  }
  return clean;
}

function asDetection(region: Region, frame: LaneFrame & { readonly width: number; readonly height: number }): Detection {
  const scaleX = frame.info.width / frame.width;
  const scaleY = frame.info.height / frame.height;
  const columns = region.right - region.left + 1;
  const rows = region.bottom - region.top + 1;
  return {
    label: 'motion',
    score: region.pixels / (columns * rows),
    box: {
      xmin: region.left * scaleX,
      ymin: region.top * scaleY,
      xmax: (region.right + 1) * scaleX,
      ymax: (region.bottom + 1) * scaleY,
    },
    classId: 0,
  };
}
