import assert from 'node:assert/strict';
import { MessageChannel } from 'node:worker_threads';

import { type StreamEvent } from '../../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../../dist/runtime/base/plan.js';
import type { LaneEvents, LaneReady } from '../../../dist/runtime/engine/lane.js';
import type { LaneUse } from '../../../dist/runtime/engine/lane-pool.js';
import { StreamLanes } from '../../../dist/runtime/engine/stream-lanes.js';

const PLAN = resolveStreamPlan({ id: 's', name: 's', source: { location: 'test:' }, algos: [{ id: 'a', name: 'objects', kind: 'onnx', model: 'catalogue:yolox-nano' }] });

describe('engine/stream-lanes', () => {
  it('an algo whose model is fetched tells how much is here before it is ready', async () => {
    const events: StreamEvent[] = [];
    let lane: LaneEvents | undefined;
    let open: (ready: LaneReady) => void = () => undefined;
    const { port1, port2 } = new MessageChannel();
    const use: LaneUse = {
      lane: { ready: new Promise((resolve) => { open = resolve; }), attach: () => port1, set: () => undefined, answer: () => undefined, close: () => Promise.resolve(), kill: () => undefined },
      release: () => Promise.resolve(),
    };
    const lanes = new StreamLanes({
      plan: PLAN,
      acquire: (_, laneEvents) => { lane = laneEvents; return use; },
      onEvent: (event) => { events.push(event); },
      onLinks: () => undefined,
      onFatal: (error) => { assert.fail(error.message); },
    });
    const opened = lanes.open();
    lane?.onDownload(0);
    lane?.onDownload(42);
    open({ needs: { kind: 'pixels' }, description: { family: 'yolox' } });
    await opened;
    await lanes.close();
    port1.close();
    port2.close();
    const algo = { event: 'algo', streamId: 's', algoId: 'a', algo: 'objects' };
    assert.deepEqual(events, [
      { ...algo, state: 'opening' },
      { ...algo, state: 'opening', description: { downloaded: 0, licence: 'Apache-2.0' } },
      { ...algo, state: 'opening', description: { downloaded: 42, licence: 'Apache-2.0' } },
      { ...algo, state: 'ready', description: { family: 'yolox' } },
    ]);
  });
});
