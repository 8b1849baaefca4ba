import { type Detection, type Slicing, StreamInferError } from '../../base/index.js';
import type { Stage } from '../../media/index.js';
import { mergeTiles, tilesOf } from '../../vision/index.js';
import { costsOf } from './crop-runs.js';
import type { DeliveredFrame } from './delivered-frame.js';
import type { LaneHandle, LaneOutcome } from './lane-handle.js';

/** A model's runs on tiles of a frame, and on the whole of it, as one run. */
export class SliceRuns {
  readonly #lane: LaneHandle;
  readonly #options: Slicing;

  constructor(lane: LaneHandle, options: Slicing) {
    this.#lane = lane;
    this.#options = options;
  }

  /** Resolves with what was found, each thing once. The frame is held until then. Rejects where one of the runs does. */
  async run(frame: DeliveredFrame, stage: Stage): Promise<LaneOutcome> {
    const { width, height } = frame.info;
    const { nms, maxDetections, slices } = this.#options;
    const tiles = tilesOf(frame.info, slices);
    const ofWhole = slices.whole ? [this.#lane.run([frame], stage)] : [];
    const [whole, cropped] = await Promise.all([Promise.all(ofWhole), this.#lane.runCrops(frame, tiles, stage)]);
    const outcomes = [...whole, ...cropped];
    const regions = [...whole.map(() => ({ x: 0, y: 0, width, height })), ...tiles];
    const finds = outcomes.map(({ result }, i) => ({ tile: regions[i] as (typeof tiles)[number], found: this.#thingsIn(result) }));
    const merged = mergeTiles(finds, {
      frame: frame.info,
      boxOf: ({ box, score }) => ({ x1: box.xmin, y1: box.ymin, x2: box.xmax, y2: box.ymax, score }),
      areRivals: (a, b) => nms === 'class-agnostic' || a.classId === b.classId,
    });
    return { result: merged.slice(0, maxDetections), ...costsOf(outcomes) };
  }

  #thingsIn(result: unknown): readonly Detection[] {
    if (Array.isArray(result) && result.every(isDetection)) return result;
    throw new StreamInferError('ALGO_RUN_FAILED', `${this.#lane.plan.name}: slices are for models that find things by box; remove them`);
  }
}

function isDetection(thing: unknown): thing is Detection {
  return typeof thing === 'object' && thing !== null && 'box' in thing;
}
