import { type Detection, type MotionAlgoPlan, StreamInferError } from '../base/index.js';
import type { LaneAlgo, LaneFrame } from './algo.js';
import { changedPixels, type GrayPicture, MOTION_WIDTH, movingPatches } from './changed.js';
import type { Patch } from './patches.js';
import { maskOfInterest } from './regions-of-interest.js';

/** Most regions in one result, biggest first. */
const MAX_REGIONS = 100;

/** What of a plan it needs. */
export type MotionPlan = Pick<MotionAlgoPlan, 'options' | 'regions' | 'regionMode'>;

/**
 * Motion without a model: what differs from a running average of the picture, within the plan's regions. A run gives a `Detection`
 * for each moving region, biggest first: label `motion`, score the part of the box that moves. An empty array is no motion; the
 * first frame, and the first after a change of size, only teaches the background.
 */
export function openMotionAlgo(plan: MotionPlan): Promise<LaneAlgo> {
  const detector = new MotionDetector(plan);
  return Promise.resolve({
    needs: { kind: 'pixels', width: MOTION_WIDTH, format: 'gray8' },
    description: { family: 'motion', labels: ['motion'] },
    run: (frames) => new Promise((resolve) => { resolve(detector.run(frames.at(-1))); }),
    close: () => Promise.resolve(),
  });
}

class MotionDetector {
  readonly #plan: MotionPlan;
  #width = 0;
  #height = 0;
  #mask: Uint8Array | undefined;
  #background = new Float32Array();

  constructor(plan: MotionPlan) {
    this.#plan = plan;
  }

  run(frame: LaneFrame | undefined): readonly Detection[] {
    if (frame?.kind !== 'pixels' || frame.format !== 'gray8') {
      throw new StreamInferError('INTERNAL', 'motion got a frame without gray pixels');
    }
    const { width, height } = frame;
    const picture = { width, height, pixels: new Uint8Array(frame.data) };
    if (width !== this.#width || height !== this.#height) {
      this.#begin(picture);
      return [];
    }
    const { threshold, minArea } = this.#plan.options;
    const changed = changedPixels(picture, this.#background, { threshold, mask: this.#mask });
    this.#learn(picture);
    const patches = movingPatches(changed, minArea).sort((a, b) => b.pixels - a.pixels);
    return patches.slice(0, MAX_REGIONS).map((patch) => asDetection(patch, frame));
  }

  #begin(picture: GrayPicture): void {
    this.#width = picture.width;
    this.#height = picture.height;
    this.#mask = maskOfInterest(this.#plan, picture);
    this.#background = Float32Array.from(picture.pixels);
  }

  /** The background moves towards the picture. */
  #learn({ pixels }: GrayPicture): void {
    const { learningRate } = this.#plan.options;
    const background = this.#background;
    for (let i = 0; i < pixels.length; i += 1) {
      const known = background[i] ?? 0;
      background[i] = known + learningRate * ((pixels[i] ?? 0) - known);
    }
  }
}

function asDetection(patch: Patch, frame: LaneFrame & { readonly width: number; readonly height: number }): Detection {
  const scaleX = frame.info.width / frame.width;
  const scaleY = frame.info.height / frame.height;
  const columns = patch.right - patch.left + 1;
  const rows = patch.bottom - patch.top + 1;
  return {
    label: 'motion',
    score: patch.pixels / (columns * rows),
    box: {
      xmin: patch.left * scaleX,
      ymin: patch.top * scaleY,
      xmax: (patch.right + 1) * scaleX,
      ymax: (patch.bottom + 1) * scaleY,
    },
    classId: 0,
  };
}
