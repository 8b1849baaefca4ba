import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';

import { type AlgoPlan } from '../../../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../../../dist/runtime/base/plan.js';
import type { LaneReply, LaneRun, LaneTiming } from '../../../../dist/runtime/engine/messages.js';
import { DeliveredFrame } from '../../../../dist/runtime/engine/media/delivered-frame.js';
import { LaneHandle, type LaneOutcome } from '../../../../dist/runtime/engine/media/lane-handle.js';
import type { Picture } from '../../../../dist/runtime/media/index.js';
import { FakeClock } from '../../../support/fake-clock.js';

const STREAM = { id: 's', name: 's', mode: 'realtime', fps: 25, width: 4, height: 2, epoch: 0 } as const;
const STAGE = { width: 4, height: 2, format: 'gray8' } as const;

function motionPlan(): AlgoPlan {
  const [algo] = resolveStreamPlan({ id: 's', name: 's', source: { location: 'test:' }, algos: [{ id: 'a', name: 'a', kind: 'motion' }] }).algos;
  assert.ok(algo);
  return algo;
}

/** A picture whose conversion takes 3 ms of the clock. */
function slowPicture(clock: FakeClock): Picture {
  const nothing = (): void => undefined;
  return {
    ptsUs: 0, sourceIndex: 0, width: 4, height: 2, retain: nothing, release: nothing, toYuv: nothing,
    toPixels: () => { clock.advance(3); },
    toTensor: () => { throw new Error('nobody asked for a tensor'); },
    crop: () => { throw new Error('nobody asked for a crop'); },
  };
}

/** One run on a window of two frames, delivered 20 ms and 10 ms before, answered by a lane that took `timing`. */
async function runOnce(timing: LaneTiming): Promise<LaneOutcome & { readonly sentAtMs: number }> {
  const clock = new FakeClock();
  const handle = new LaneHandle({ plan: motionPlan(), mode: 'realtime', clock, onHang: () => { assert.fail('it hangs'); } });
  const { port1, port2 } = new MessageChannel();
  handle.attach({ algoId: 'a', port: port1, needs: { kind: 'pixels' } });
  let sentAtMs = -1;
  port2.on('message', (request: LaneRun) => {
    sentAtMs = request.sentAtMs;
    port2.postMessage({ runId: request.runId, buffers: [], type: 'done', result: 'it', timing } satisfies LaneReply);
  });
  const window = [1, 2].map((index) => {
    const frame = new DeliveredFrame(slowPicture(clock), { index, stream: STREAM, atMs: clock.now(), onFirstUse: () => undefined });
    clock.advance(10);
    return frame;
  });
  const outcome = await handle.run(window, STAGE);
  handle.close();
  return { ...outcome, sentAtMs };
}

describe('LaneHandle', () => {
  it('tells what a run cost, its newest frame being as old as it was when the lane began', async () => {
    const outcome = await runOnce({ waitMs: 5, inferenceMs: 40, postprocessMs: 8 });
    assert.equal(outcome.sentAtMs, 26, 'after the conversion');
    assert.deepEqual(outcome.costs, { convert: 6, wait: 5, inference: 32, postprocess: 8, age: 10 + 6 + 5 });
    assert.deepEqual([outcome.result, outcome.inferenceMs], ['it', 40]);
  });

  it('tells of no post-processing where the algo has none', async () => {
    const { costs } = await runOnce({ waitMs: 0, inferenceMs: 40 });
    assert.deepEqual(costs, { convert: 6, wait: 0, inference: 40, age: 16 });
  });
});
