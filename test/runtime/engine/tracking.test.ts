import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { Detection } from '../../../dist/runtime/base/index.js';
import { ResultTracker } from '../../../dist/runtime/engine/media/result-tracker.js';
import { dataPath } from '../../support/data.js';
import { playToEnd } from '../../support/engine.js';

const BOX = { xmin: 10, ymin: 10, xmax: 50, ymax: 90 };

describe('following things', () => {
  it('numbers detections, run after run', () => {
    const tracker = new ResultTracker();
    const runs = [0, 0.1, 0.2].map((atSec) => tracker.follow([{ label: 'cat', score: 0.9, box: BOX, classId: 15 }], atSec));
    assert.deepEqual(runs, [1, 1, 1].map((trackId) => [{ label: 'cat', score: 0.9, box: BOX, classId: 15, trackId }]));
  });

  const OTHERS: readonly unknown[] = [
    undefined, null, 7, 'text', { label: 'cat', score: 0.9, box: BOX }, [], [1, 'two', null], [{ label: 'cat', score: 0.9 }], [{ label: 'cat', score: NaN, box: BOX }],
    [{ label: 'cat', score: 0.9, box: { ...BOX, xmin: '1' } }], [{ label: 1, score: 0.9, box: BOX }], [{ label: 'cat', score: 0.9, box: null }],
  ];
  for (const result of OTHERS) {
    it(`leaves ${inspect(result)} as it is`, () => {
      assert.deepEqual(new ResultTracker().follow(result, 0), result);
    });
  }

  it('people who cross in front of each other keep their numbers, a real model looking', async () => {
    const { results } = await playToEnd({
      source: { location: dataPath('videos/synthetic_crossing.mp4') },
      algos: [{ id: 'o', name: 'objects', kind: 'onnx' as const, model: dataPath('models/det/yolox_nano_416.onnx'), interval: 0.2, track: true, options: { scoreThreshold: 0.1, labels: ['person'] } }],
    });
    /** Numbers of what was found with its middle within 12 pixels of where it truly is at that second. */
    const idsAt = (middleOf: (second: number) => number): (number | undefined)[] => results.flatMap(({ position, result }) => (result as Detection[])
      .filter(({ box }) => Math.abs((box.xmin + box.xmax) / 2 - middleOf(position)) < 12)
      .map(({ trackId }) => trackId));
    // one stands still, the other comes from the right and hides the first for a second on its way
    const [standing, walking] = [idsAt(() => 757), idsAt((second) => 1040 - 80 * second)];
    assert.ok(standing.length > 40 && walking.length > 40, `${String(standing.length)} and ${String(walking.length)} sightings`);
    const [numberOfStanding, numberOfWalking] = [standing[0], walking[10]];
    assert.ok(standing.filter((id) => id === numberOfStanding).length >= 0.95 * standing.length, standing.join(' '));
    assert.ok(walking.filter((id) => id === numberOfWalking).length >= 0.95 * walking.length, walking.join(' '));
    assert.notEqual(numberOfStanding, numberOfWalking);
  });
});
