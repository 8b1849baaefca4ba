import assert from 'node:assert/strict';

import { type StreamMode, type StreamPlanInput } from '../../../dist/runtime/base/index.js';
import { algoSchema, resolveStreamPlan } from '../../../dist/runtime/base/plan.js';
import { inferenceThreads, streamThreads, withThreads } from '../../../dist/runtime/engine/thread-budget.js';

const RECORDED: Partial<StreamPlanInput> = { recorders: [{ id: 'r', path: 'a.mp4' }] };

const STREAMS: readonly { why: string; mode: StreamMode; cores: number; streams: number; plan?: Partial<StreamPlanInput>; threads: readonly [decode: number, encode: number] }[] = [
  { why: 'offline, one core', mode: 'offline', cores: 1, streams: 1, threads: [1, 1] },
  { why: 'offline, four frames more under way than cores', mode: 'offline', cores: 2, streams: 1, threads: [6, 2] },
  { why: 'offline, as many where every frame is encoded', mode: 'offline', cores: 8, streams: 1, plan: RECORDED, threads: [12, 8] },
  { why: 'offline, no more than the one core that is its share', mode: 'offline', cores: 2, streams: 2, plan: RECORDED, threads: [1, 1] },
  { why: 'offline, a share each', mode: 'offline', cores: 16, streams: 3, threads: [9, 5] },
  { why: 'realtime, one stream', mode: 'realtime', cores: 2, streams: 1, threads: [2, 2] },
  { why: 'realtime, slices have a limit', mode: 'realtime', cores: 64, streams: 1, plan: RECORDED, threads: [4, 4] },
  { why: 'realtime, 16 streams on 2 cores', mode: 'realtime', cores: 2, streams: 16, threads: [1, 1] },
  { why: 'realtime, 16 streams on 32 cores', mode: 'realtime', cores: 32, streams: 16, threads: [2, 2] },
  { why: 'no stream counted yet', mode: 'offline', cores: 4, streams: 0, threads: [8, 4] },
];

const LANES: readonly { why: string; mode: StreamMode; cores: number; lanes: number; threads: number }[] = [
  { why: 'one core', mode: 'realtime', cores: 1, lanes: 1, threads: 1 },
  { why: 'beside a decoder', mode: 'realtime', cores: 2, lanes: 1, threads: 1 },
  { why: 'all but one', mode: 'realtime', cores: 4, lanes: 1, threads: 3 },
  { why: 'shared by two models', mode: 'realtime', cores: 8, lanes: 2, threads: 3 },
  { why: 'more models than cores', mode: 'realtime', cores: 4, lanes: 9, threads: 1 },
  { why: 'no more than gains', mode: 'realtime', cores: 64, lanes: 1, threads: 8 },
  { why: 'offline, whatever there is', mode: 'offline', cores: 64, lanes: 1, threads: 1 },
];

describe('engine/thread-budget', () => {
  for (const { why, mode, cores, streams, plan, threads: [decode, encode] } of STREAMS) {
    it(`${why}: decoder ${decode}, encoder ${encode}`, () => {
      const stream = resolveStreamPlan({ id: 's', name: 's', mode, source: { location: 'test:' }, ...plan });
      assert.deepEqual(streamThreads(stream, { cores, streams, lanes: 1 }), { decode, encode });
    });
  }

  for (const { why, mode, cores, lanes, threads } of LANES) {
    it(`${why}: inference ${threads}`, () => {
      assert.equal(inferenceThreads(mode, { cores, lanes, streams: 1 }), threads);
    });
  }

  it('an algo that says how many threads it wants gets them, one without a model is left alone', () => {
    const onnx = (threads: number) => algoSchema.parse({ id: 'a', name: 'a', kind: 'onnx', model: 'm.onnx', options: { threads } });
    assert.deepEqual(withThreads(onnx(0), 3), onnx(3));
    assert.deepEqual(withThreads(onnx(5), 3), onnx(5));
    const motion = algoSchema.parse({ id: 'm', name: 'm', kind: 'motion' });
    assert.equal(withThreads(motion, 3), motion);
  });
});
