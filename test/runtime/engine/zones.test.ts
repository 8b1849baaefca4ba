import assert from 'node:assert/strict';

import type { Detection } from '../../../dist/runtime/base/index.js';
import { dataPath } from '../../support/data.js';
import { playToEnd } from '../../support/engine.js';

/** Among others one person walks from the right to the left: its middle in pixels, by second. */
const PEOPLE = { location: dataPath('videos/synthetic_crossing.mp4') };
const walkingAt = (second: number): number => 1040 - 80 * second;
const DOWN = (name: string, x: number): { name: string; from: [number, number]; to: [number, number] } => ({ name, from: [x, 0], to: [x, 1] });

describe('zones and lines in a stream', function () {
  this.timeout(120_000);

  it('who walks crosses the lines on the way, in their order; all tell where they stand', async () => {
    const { results } = await playToEnd({
      source: PEOPLE,
      algos: [{
        id: 'o', name: 'objects', kind: 'onnx' as const, model: dataPath('models/det/yolox_nano_416.onnx'), interval: 0.2, options: { scoreThreshold: 0.1, labels: ['person'] },
        zones: [{ name: 'left half', polygon: [[0, 0], [0.5, 0], [0.5, 1], [0, 1]] }], lines: [DOWN('first', 0.7), { name: 'second', from: [0.45, 1], to: [0.45, 0] }],
      }],
    });
    const seen = results.flatMap(({ position, result, frame }) => (result as Detection[]).map((thing) => ({ ...thing, position, width: frame.width })));
    const walker = seen.find(({ box, position }) => position > 3 && Math.abs((box.xmin + box.xmax) / 2 - walkingAt(position)) < 12)?.trackId ?? assert.fail('nobody walks');
    const crossed = seen.filter(({ trackId }) => trackId === walker).flatMap(({ crossed: lines = assert.fail(), position }) => lines.map(({ line, direction }) => ({ line, direction, position })));
    assert.deepEqual(crossed.map(({ line, direction }) => `${line} ${direction}`), ['first in', 'second out'], JSON.stringify(crossed));
    for (const [i, x] of [0.7, 0.45].entries()) {
      const { position, width } = { ...(crossed[i] ?? assert.fail()), width: seen[0]?.width ?? assert.fail() };
      assert.ok(Math.abs(walkingAt(position) - x * width) < 80, `crossed ${String(x)} at ${String(position)} s`);
    }
    for (const { zones, box, width } of seen) assert.deepEqual(zones, (box.xmin + box.xmax) / 2 < width / 2 ? ['left half'] : []);
  });
});
