import assert from 'node:assert/strict';

import type { Detection } from '../../../dist/runtime/base/index.js';
import { dataPath } from '../../support/data.js';
import { playToEnd } from '../../support/engine.js';

const MODEL = { id: 'o', name: 'objects', kind: 'onnx' as const, model: dataPath('models/det/yolox_nano_416.onnx') };
/** 810 × 1080: a bus and people; shown as one frame. */
const BUS = { location: dataPath('images/bus.jpg') };
/** People outdoors, seen from above. */
const STREET = { location: dataPath('videos/vtest_pets09_s2l1_h264.mp4') };

describe('sliced inference', function () {
  this.timeout(120_000);

  it('one tile without the whole finds what the frame gives', async () => {
    const { results } = await playToEnd({
      source: BUS,
      algos: [{ ...MODEL, interval: 0 }, { ...MODEL, id: 's', name: 'sliced', interval: 0, options: { slices: { columns: 1, rows: 1, whole: false } } }],
    });
    const [whole, sliced] = ['objects', 'sliced'].map((name) => results.find(({ algo }) => algo === name)?.result as Detection[]);
    assert.ok((whole?.length ?? 0) >= 4);
    assert.deepEqual(sliced, whole);
  });

  it('finds people that are too small in the whole frame, each once, in pixels of the frame', async () => {
    const { results, end } = await playToEnd({
      source: STREET,
      algos: [
        { ...MODEL, interval: 5, options: { labels: ['person'] } },
        { ...MODEL, id: 's', name: 'sliced', interval: 5, options: { labels: ['person'], slices: {} } },
      ],
    });
    const foundBy = (name: string): Detection[][] => results.filter(({ algo }) => algo === name).map(({ result }) => result as Detection[]);
    const [whole, sliced] = [foundBy('objects'), foundBy('sliced')];
    assert.equal(end.totals.algos['sliced']?.runs, 15);
    assert.equal(end.totals.stats.algos['sliced']?.inference.count, 15, 'a run on five windows is one run');
    assert.ok(sliced.flat().length > whole.flat().length, `${sliced.flat().length} against ${whole.flat().length}`);
    for (const found of sliced) {
      for (const [i, { box }] of found.entries()) {
        assert.ok(box.xmin >= 0 && box.ymin >= 0 && box.xmax <= 768 && box.ymax <= 576);
        assert.ok(found.slice(i + 1).every((other) => iouOf(other.box, box) < 0.8), 'told once');
      }
    }
  });

  it('a model of another kind says that slices are not for it', async () => {
    const { events, end } = await playToEnd({
      source: BUS,
      algos: [{ ...MODEL, name: 'kind', model: dataPath('models/tiny/light_squeezenet.onnx'), interval: 0, options: { family: 'classify', slices: {} } }],
    });
    const error = events.find((event) => event.event === 'error');
    assert.ok(error?.event === 'error' && error.error.code === 'ALGO_RUN_FAILED' && /slices are for models that find things by box/.test(error.error.message), JSON.stringify(error));
    assert.equal(end.totals.algos['kind']?.runs, 0);
  });
});

function iouOf(a: Detection['box'], b: Detection['box']): number {
  const shared = Math.max(0, Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin)) * Math.max(0, Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin));
  const area = ({ xmin, xmax, ymin, ymax }: Detection['box']): number => (xmax - xmin) * (ymax - ymin);
  return shared / (area(a) + area(b) - shared);
}
