import assert from 'node:assert/strict';
import fc from 'fast-check';

import { FrameRing } from '../../dist/runtime/buffer/index.js';
import { isDue, offlineCadence } from '../../dist/runtime/schedule/index.js';
import { editorPart } from '../support/editor-html.js';

type Settings = { readonly frameCount: number; readonly frameStep: number; readonly interval: number };
type Run = { readonly at: number; readonly frames: readonly number[] };

const { runsOf } = editorPart('algo', 'streamInferSchedule') as { runsOf: (settings: Settings, fps: number) => readonly Run[] };
/** Of this realm: those of the form come out of another. */
const drawn = (settings: Settings, fps: number): Run[] => [...runsOf(settings, fps)].map(({ at, frames }) => ({ at, frames: [...frames] }));

/** The first runs as the runtime has them. */
function played({ frameCount, frameStep, interval }: Settings, fps: number): Run[] {
  const cadence = offlineCadence(interval, fps);
  const ring = new FrameRing<number>(Math.max(frameCount * Math.max(1, frameStep), 1));
  const runs: Run[] = [];
  for (let n = 1; runs.length < 3; n += 1) {
    ring.push(n);
    const frames = isDue(cadence, n) ? ring.window(frameCount, frameStep) : undefined;
    if (frames !== undefined) runs.push({ at: n, frames });
  }
  return runs;
}

describe('the picture of an algo’s schedule', () => {
  it('shows the runs, and their frames, that the runtime has', () => {
    const settings = fc.record({ frameCount: fc.integer({ min: 1, max: 40 }), frameStep: fc.integer({ min: 0, max: 30 }), interval: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 20, noNaN: true })) });
    fc.assert(fc.property(settings, fc.oneof(fc.integer({ min: 1, max: 60 }), fc.constant(30000 / 1001)), (given, fps) => {
      assert.deepEqual(drawn(given, fps), played(given, fps));
    }), { numRuns: 500 });
  });

  it('of README’s example is that of README', () => {
    const [first, second] = drawn({ frameCount: 5, frameStep: 6, interval: 2 }, 30);
    assert.deepEqual(first, { at: 60, frames: [36, 42, 48, 54, 60] });
    assert.equal(second?.at, 120);
  });

  for (const wrong of [{ frameCount: 0 }, { frameCount: 1.5 }, { frameCount: NaN }, { frameStep: -1 }, { interval: -1 }, { interval: NaN }]) {
    it(`is empty for ${JSON.stringify(Object.entries(wrong))}`, () => {
      assert.deepEqual(drawn({ frameCount: 1, frameStep: 0, interval: 1, ...wrong }, 25), []);
    });
  }
});
