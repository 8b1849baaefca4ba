import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import type { Detection } from '../../../dist/runtime/base/index.js';
import { dataPath } from '../../support/data.js';
import { EngineProbe, playToEnd } from '../../support/engine.js';

const COUNT = { id: 'c', name: 'count', kind: 'module' as const, module: resolve(__dirname, '../../fixtures/algos/window-algo.cjs'), export: 'WindowAlgo' };
/** An office through which people walk one after the other. */
const OFFICE = { location: dataPath('videos/one-by-one-person-detection.mp4') };
/** Nothing counts as motion: no brightness changes by more than 255. */
const BLIND = { threshold: 255, floor: 0.5 };

describe('motion gate in a stream', function () {
  this.timeout(120_000);

  it('offline: the same turns run whatever else decodes frames, and each turn is told', async () => {
    const algos = [{ ...COUNT, interval: 0.2, motionGate: {} }];
    const alone = await playToEnd({ source: OFFICE, algos });
    const beside = await playToEnd({ source: OFFICE, algos: [{ ...COUNT, id: 'd', name: 'all', interval: 0 }, ...algos] });
    const framesOf = (probe: EngineProbe): number[] => probe.results.filter(({ algo }) => algo === 'count').map(({ frame }) => frame.index);
    assert.deepEqual(framesOf(alone), framesOf(beside));
    const { runs, skipped } = alone.end.totals.algos['count'] ?? assert.fail();
    assert.deepEqual(beside.end.totals.algos['count'], { runs, skipped });
    // a turn at every second of 1394 frames
    assert.deepEqual(Object.keys(skipped), ['still']);
    assert.equal(runs + (skipped['still'] ?? 0), 697);
    assert.ok(runs > 140 / 10 && (skipped['still'] ?? 0) > 200, JSON.stringify({ runs, skipped }));
    const seconds = alone.results.map(({ position }) => position);
    assert.ok(seconds.every((at, i) => at - (seconds[i - 1] ?? 0) <= 10 + 1e-6), 'no longer than the floor between two runs');
  });

  it('realtime: every turn is a run or still, and is told', async () => {
    const { end, events } = await playToEnd({
      mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=20&seconds=2' }, algos: [{ ...COUNT, interval: 0.1, motionGate: BLIND }],
    });
    const { runs, skipped: { still, ...others } } = end.totals.algos['count'] ?? assert.fail();
    // a frame that is left out as late may take its turn along
    assert.ok(runs >= 3 && runs <= 4 && still !== undefined && still >= 14, JSON.stringify(end.totals.algos));
    assert.deepEqual(others, {});
    const told = events.findLast((event) => event.event === 'dropped' && event.algo === 'count');
    assert.ok(told?.event === 'dropped' && (told.counts['still'] ?? 0) > 0);
  });

  it('a run that somebody asks for runs', async () => {
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: 'test:?width=160&height=90&fps=20' }, algos: [{ ...COUNT, interval: 0, motionGate: { ...BLIND, floor: 1e6 } }] });
    for (const runs of [2, 3]) {
      await probe.until(() => probe.results[runs - 2]);
      await probe.engine.command('s', { action: 'algo', algoId: 'c', do: 'run' });
    }
    await probe.until(() => probe.results[2]);
    await probe.engine.close();
    assert.deepEqual((await probe.ended()).totals.algos['count']?.runs, 3);
  });

  it('results tell only what stands within the regions', async () => {
    const motion = { id: 'm', kind: 'motion' as const, interval: 0.5 };
    const left: [number, number][] = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]];
    const { results } = await playToEnd({
      source: OFFICE,
      algos: [
        { id: 'l', name: 'left', kind: 'onnx', model: dataPath('models/det/yolox_nano_416.onnx'), interval: 2, regions: [left] },
        { id: 'r', name: 'right', kind: 'onnx', model: dataPath('models/det/yolox_nano_416.onnx'), interval: 2, regions: [left], regionMode: 'exclude' },
        { id: 'a', name: 'all', kind: 'onnx', model: dataPath('models/det/yolox_nano_416.onnx'), interval: 2 },
        { ...motion, name: 'moves', regions: [left] },
      ],
    });
    const boxesOf = (name: string): Detection[] => results.filter(({ algo }) => algo === name).flatMap(({ result }) => result as Detection[]);
    const middle = ({ box }: Detection): number => (box.xmin + box.xmax) / 2;
    const [inLeft, inRight, all] = ['left', 'right', 'all'].map(boxesOf) as [Detection[], Detection[], Detection[]];
    assert.ok(inLeft.length > 5 && inRight.length > 5 && inLeft.length + inRight.length === all.length, [inLeft, inRight, all].map(({ length }) => length).join(' '));
    assert.ok(inLeft.every((found) => middle(found) < 384) && inRight.every((found) => middle(found) >= 384));
    const moves = boxesOf('moves');
    assert.ok(moves.length > 5 && moves.every(({ box }) => box.xmax <= 384 + 4.8));
  });
});
