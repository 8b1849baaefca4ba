import type { Box } from '../box.js';
import { AxisFilter, type AxisNoise } from './axis-filter.js';

/**
 * DeepSORT's spreads (Wojke and others, 2017: 1/20 of the height for a position, 1/160 a frame for a speed), turned from frames
 * into seconds at the 30 frames a second of the videos for which they were chosen.
 */
const FRAMES_A_SECOND = 30;
const POSITION = 1 / 20;
const SPEED = FRAMES_A_SECOND / 160;

/** A thing followed from run to run. */
export class Track {
  readonly id: number;
  classId: number;
  /** Seconds. */
  seenAtSec: number;
  /** Runs since then. */
  missed = 0;
  readonly #axes: readonly [centerX: AxisFilter, centerY: AxisFilter, width: AxisFilter, height: AxisFilter];
  #atSec: number;

  constructor(id: number, seen: { readonly box: Box; readonly classId: number; readonly atSec: number }) {
    this.id = id;
    this.classId = seen.classId;
    this.seenAtSec = seen.atSec;
    this.#atSec = seen.atSec;
    const [x, y, width, height] = axesOf(seen.box);
    const start = (position: number): AxisFilter => new AxisFilter({ position, spread: 2 * POSITION * height, speedSpread: 10 * SPEED * height });
    this.#axes = [start(x), start(y), start(width), start(height)];
  }

  /** Where it is believed to be. */
  get box(): Box {
    const [x, y, width, height] = this.#axes.map(({ position }) => position) as [number, number, number, number];
    return { x1: x - width / 2, y1: y - height / 2, x2: x + width / 2, y2: y + height / 2 };
  }

  predict(atSec: number): void {
    const noise = this.#noise();
    for (const axis of this.#axes) axis.predict(atSec - this.#atSec, noise);
    this.#atSec = atSec;
  }

  see(box: Box, classId: number): void {
    const noise = this.#noise();
    axesOf(box).forEach((position, i) => { this.#axes[i]?.correct(position, noise); });
    this.classId = classId;
    this.seenAtSec = this.#atSec;
    this.missed = 0;
  }

  #noise(): AxisNoise {
    const height = Math.max(1, this.#axes[3].position);
    const root = Math.sqrt(FRAMES_A_SECOND);
    return { measured: POSITION * height, drift: POSITION * height * root, acceleration: SPEED * height * root };
  }
}

function axesOf({ x1, y1, x2, y2 }: Box): [number, number, number, number] {
  return [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1];
}
