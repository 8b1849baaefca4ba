import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type FlowNode, TapReader, withTaps } from '../support/flows.js';
import { startNodeRed } from '../support/node-red.js';
import { enginePidsOf } from '../support/overload.js';
import { type Footprint, settledFootprint, SoakEngine } from '../support/soak.js';

/** SOAK_SECONDS=600 takes longer. */
const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 8);
/** What memory may grow by; each round that left a thread or its frames behind would cost as much. */
const GROWTH_MIB = 80;
/** V8 and the system open one now and then. */
const SLACK = 3;

function assertNoGrowth(before: Footprint, now: Footprint, what: string): void {
  const text = `${what}: ${JSON.stringify(before)} → ${JSON.stringify(now)}`;
  assert.ok(now.rssMiB <= before.rssMiB + GROWTH_MIB, text);
  assert.ok(now.handles <= before.handles + SLACK, text);
  assert.ok(now.threads <= before.threads + SLACK, text);
  // what a living engine notes of its threads is there all the time
  assert.equal(now.temporary, before.temporary, text);
}

describe('soak', function () {
  this.timeout(120_000 + SECONDS * 4000);
  before(function () { if (!existsSync('/proc/self/fd')) this.skip(); });

  it('streams that come and go, cameras that break off, models that are loaded and dropped leave nothing behind', async () => {
    const soak = await SoakEngine.open();
    try {
      await soak.play(SECONDS / 2);
      const before = await settledFootprint(soak.pid, soak.temporaryFolder);
      const { streams } = soak.counts;
      await soak.play(SECONDS);
      const now = await settledFootprint(soak.pid, soak.temporaryFolder);
      const done = soak.counts;
      assert.ok(done.streams > streams && done.reconnects > 0, JSON.stringify(done));
      assertNoGrowth(before, now, JSON.stringify(done));
    } finally {
      await soak.close();
    }
  });

  it('deploys of a flow whose streams start anew leave nothing behind, in Node-RED and in its engine', async () => {
    const temporaryFolder = mkdtempSync(join(tmpdir(), 'stream-infer-soak-tmp-'));
    const place = { z: 'tab', x: 100, y: 100 };
    const flowOf = (deploy: number): FlowNode[] => withTaps([
      { id: 'tab', type: 'tab', label: 'Soak' },
      { ...place, id: 'source', type: 'stream-source', name: 'camera', location: 'test:?width=160&height=90&fps=25', mode: 'realtime', wires: [['producer']] },
      { ...place, id: 'producer', type: 'stream-producer', width: 100 + 2 * (deploy % 20), wires: [['algo']] },
      { ...place, id: 'algo', type: 'stream-algo', name: 'motion', kind: 'motion', interval: 0.04, wires: [['dispatcher']] },
      { ...place, id: 'dispatcher', type: 'stream-dispatcher', name: 'results', wires: [[], []] },
    ], { news: { node: 'results', output: 1 } });
    const nodeRed = await startNodeRed({ flows: flowOf(0), env: { TMPDIR: temporaryFolder } });
    try {
      const taps = new TapReader(nodeRed);
      const started = (): number => taps.payloads<{ event: string }>('news').filter(({ event }) => event === 'started').length;
      let deploys = 0;
      const deployFor = async (seconds: number): Promise<void> => {
        for (const endsAtMs = performance.now() + seconds * 1000; performance.now() < endsAtMs;) {
          deploys += 1;
          await nodeRed.admin('/flows', { method: 'POST', headers: { 'Node-RED-Deployment-Type': deploys % 2 === 0 ? 'full' : 'nodes' }, body: JSON.stringify(flowOf(deploys)) });
          await taps.until('start of the new stream', () => started() > deploys);
        }
      };
      await taps.until('start of the stream', () => started() > 0);
      const pids = [nodeRed.process.pid ?? -1, ...enginePidsOf(nodeRed.process.pid ?? -1)];
      await deployFor(SECONDS / 3);
      const before = await Promise.all(pids.map((pid) => settledFootprint(pid, temporaryFolder)));
      await deployFor(SECONDS / 2);
      const now = await Promise.all(pids.map((pid) => settledFootprint(pid, temporaryFolder)));
      before.forEach((one, at) => { assertNoGrowth(one, now[at] as Footprint, `${at === 0 ? 'Node-RED' : 'engine'} after ${deploys} deploys`); });
    } finally {
      await nodeRed.stop();
      rmSync(temporaryFolder, { recursive: true, force: true });
    }
  });
});
