import assert from 'node:assert/strict';
import { once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';

import { type StreamMode, systemClock } from '../../../../dist/runtime/base/index.js';
import { algoSchema } from '../../../../dist/runtime/base/plan.js';
import { DeliveredFrame } from '../../../../dist/runtime/engine/media/delivered-frame.js';
import { LaneHandle } from '../../../../dist/runtime/engine/media/lane-handle.js';
import type { BatchFacts, LaneRun } from '../../../../dist/runtime/engine/messages.js';
import type { Picture } from '../../../../dist/runtime/media/index.js';

const STAGE = { width: 2, height: 2, format: 'bgr24' } as const;
const PICTURE: Picture = {
  ptsUs: 0, sourceIndex: 0, width: 2, height: 2,
  retain: () => undefined,
  release: () => undefined,
  toPixels: () => undefined,
  toTensor: () => { throw new Error('no tensor'); },
  crop: () => { throw new Error('no crop'); },
  toYuv: () => undefined,
};
const FRAME = new DeliveredFrame(PICTURE, { index: 1, stream: { id: 's', name: 's', mode: 'offline', fps: 25, width: 2, height: 2, epoch: 0 }, atMs: 0, onFirstUse: () => undefined });

/** Runs that begin before the handle says that no more may. */
async function runsUnderWay(mode: StreamMode, batch: BatchFacts | undefined): Promise<LaneRun[]> {
  const { port1, port2 } = new MessageChannel();
  const requests: LaneRun[] = [];
  port2.on('message', (request: LaneRun) => { requests.push(request); });
  const handle = new LaneHandle({ plan: algoSchema.parse({ id: 'a', name: 'a', kind: 'motion' }), mode, clock: systemClock, onHang: () => undefined });
  handle.attach({ algoId: 'a', port: port1, needs: { kind: 'pixels' }, batch });
  while (handle.isFree) handle.run([FRAME], STAGE).catch(() => undefined);
  handle.close();
  await once(port2, 'close');
  return requests;
}

describe('engine/media/lane-handle, runs under way', () => {
  const rows: readonly { why: string; mode: StreamMode; batch?: BatchFacts; runs: number; alone?: true }[] = [
    { why: 'offline one works while the next one is made ready', mode: 'offline', runs: 2 },
    { why: 'offline a whole batch works while the next one is made ready', mode: 'offline', batch: { sizes: [2, 4], exact: true }, runs: 5 },
    { why: 'offline, where a batch would change digits, each run is alone', mode: 'offline', batch: { sizes: [2, 4], exact: false }, runs: 2, alone: true },
    { why: 'realtime takes the newest frames when the run before is done', mode: 'realtime', runs: 1 },
    { why: 'realtime the streams beside fill the batch, digits or not', mode: 'realtime', batch: { sizes: [2, 4], exact: false }, runs: 1 },
  ];
  for (const { why, mode, batch, runs, alone = false } of rows) {
    it(`${why}: ${runs}`, async () => {
      assert.deepEqual((await runsUnderWay(mode, batch)).map((request) => request.alone), Array.from({ length: runs }, () => alone));
    });
  }
});
