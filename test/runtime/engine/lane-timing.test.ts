import assert from 'node:assert/strict';
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';

import type { LaneAlgo } from '../../../dist/runtime/algo/index.js';
import { systemClock } from '../../../dist/runtime/base/index.js';
import { LaneServer } from '../../../dist/runtime/engine/lane-server.js';
import type { LaneReply, LaneRequest } from '../../../dist/runtime/engine/messages.js';

/** The reply to a run that was sent 1000 s ago. */
async function replyOf(run: LaneAlgo['run']): Promise<LaneReply> {
  const algo: LaneAlgo = { needs: { kind: 'pixels' }, description: {}, run, close: () => Promise.resolve() };
  const server = new LaneServer(algo, { name: 'a', timeout: 10 });
  const { port1, port2 } = new MessageChannel();
  server.attach(port2, 0);
  port1.postMessage({ type: 'run', runId: 1, frames: [], alone: false, sentAtMs: systemClock.now() - 1e6 } satisfies LaneRequest);
  const [reply] = (await once(port1, 'message')) as [LaneReply];
  await server.close();
  return reply;
}

describe('LaneServer, timing', () => {
  it('tells how long a run waited, and which part of it came after the model', async () => {
    const reply = await replyOf((_frames, _signal, onInferred) => {
      onInferred?.();
      return Promise.resolve('it');
    });
    assert.ok(reply.type === 'done');
    const { waitMs, inferenceMs, postprocessMs = -1 } = reply.timing;
    assert.ok(waitMs >= 1e6, String(waitMs));
    assert.ok(postprocessMs >= 0 && postprocessMs <= inferenceMs, `${String(postprocessMs)} of ${String(inferenceMs)}`);
  });

  it('tells of no such part where the algo has none', async () => {
    const reply = await replyOf(() => Promise.resolve('it'));
    assert.ok(reply.type === 'done');
    assert.deepEqual(Object.keys(reply.timing), ['waitMs', 'inferenceMs']);
  });
});
