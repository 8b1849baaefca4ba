import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { EngineProbe } from '../support/engine.js';

/** What there is of it without a camera: the system's own answers to opening a path that is none. */
describe('a camera of this machine that is not there', function () {
  this.timeout(30_000);
  before(function () { if (process.platform !== 'linux') this.skip(); });

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: is tried again, whatever stands at its path meanwhile`, async () => {
      const folder = mkdtempSync(join(tmpdir(), 'device-'));
      const path = join(folder, 'video0');
      const probe = await EngineProbe.open();
      const tries = (n: number) => probe.until(() => probe.events.filter((event) => event.event === 'stalled')[n]);
      await probe.start({ mode: 'realtime', producer: { backend }, source: { location: `device:${path}`, retryOpen: true, timeout: 2 }, algos: [] });
      assert.equal((await tries(0)).error.code, 'SOURCE_NOT_FOUND');
      writeFileSync(path, 'no camera');
      assert.equal((await tries(1)).error.code, 'SOURCE_OPEN_FAILED');
      rmSync(path);
      execFileSync('mkfifo', [path]);
      await tries(2);
      await probe.engine.close();
      assert.equal((await probe.ended()).reason, 'stopped');
      rmSync(folder, { recursive: true });
    });
  }

  it('a path below /dev is a camera’s, there or not', async () => {
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: '/dev/no-camera', retryOpen: true }, algos: [] });
    const { error } = await probe.event('stalled');
    assert.equal(error.code, 'SOURCE_NOT_FOUND');
    await probe.engine.close();
  });

  it('without the wish to try again it is an error', async () => {
    const probe = await EngineProbe.open();
    await probe.start({ mode: 'realtime', source: { location: '/dev/no-camera' }, algos: [] });
    assert.equal((await probe.ended()).error?.code, 'SOURCE_NOT_FOUND');
    await probe.engine.close();
  });
});
