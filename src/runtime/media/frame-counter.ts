import type { FrameCounts } from './backend.js';

/** Counts of a decoder that gives every frame it decodes. */
export class FrameCounter implements FrameCounts {
  passed = 0;
  decoded = 0;

  get decided(): number {
    return this.passed;
  }

  /** A frame was given. */
  add(): void {
    this.passed += 1;
    this.decoded += 1;
  }

  /** A seek: a new run. */
  restart(): void {
    this.passed = 0;
  }
}
