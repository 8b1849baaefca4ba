import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { openEngineClient } from '../../../dist/runtime/engine/index.js';
import { EngineProbe, playToEnd } from '../../support/engine.js';
import { describeWithPython, pythonFolder } from '../../support/python.js';
import { temporaryFolder } from '../../support/tfjs.js';

async function algoOf(run: string, given: Record<string, unknown> = {}): Promise<{ id: string; name: string; kind: 'python'; module: string; baseFolder: string; python: string }> {
  const baseFolder = await temporaryFolder();
  const body = run.split('\n').map((line) => `        ${line}`).join('\n');
  await writeFile(join(baseFolder, 'mine.py'), `import os, sys\nclass Mine:\n    count = 0\n    def init(self):\n        pass\n    def run(self, frames):\n        self.count += 1\n${body}\n`);
  return { id: 'p', name: 'mine', kind: 'python', module: 'mine.py', baseFolder, python: pythonFolder(), ...given };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describeWithPython('engine: an algo of Python', () => {
  it('offline it gives the same every time, window by window', async () => {
    const algo = await algoOf('return [len(frames), frames[0].shape, [int(frame[24:, 32:].sum()) for frame in frames]]', { frameCount: 3, frameStep: 2, interval: 0.2 });
    const plan = { source: { location: 'test:?width=64&height=48&fps=25&seconds=2' }, algos: [algo] };
    const first = await playToEnd(plan);
    const again = await playToEnd(plan);
    assert.equal(first.end.reason, 'finished');
    assert.equal(first.results.length, 9);
    assert.deepEqual((first.results[0]?.result as unknown[]).slice(0, 2), [3, [48, 64, 3]]);
    assert.deepEqual(again.results.map(({ result }) => result), first.results.map(({ result }) => result));
  });

  it('in realtime one that ends in a run comes back, after a pause, and the stream plays on', async () => {
    const probe = await EngineProbe.open();
    await probe.start({
      source: { location: 'test:?width=64&height=48&fps=25&seconds=600' }, mode: 'realtime',
      algos: [await algoOf('if self.count == 3: sys.exit(7)\nreturn os.getpid()', { interval: 0 }), { id: 'm', name: 'motion', kind: 'motion', interval: 0 }],
    });
    const waiting = await probe.until(() => probe.events.find((event) => event.event === 'algo' && event.state === 'waiting'));
    assert.ok(waiting.event === 'algo' && waiting.retryIn === 1);
    assert.match(waiting.error?.message ?? '', /mine: Python ended with exit code 7/);
    const pids = (): unknown[] => [...new Set(probe.results.filter(({ algoId }) => algoId === 'p').map(({ result }) => result))];
    await probe.until(() => pids().length >= 2 || undefined);
    await probe.engine.close();
    assert.deepEqual(probe.errorCodes().slice(0, 1), ['ALGO_RUN_FAILED']);
    const pauses = probe.events.filter((event) => event.event === 'algo' && event.state === 'waiting');
    const errors = probe.events.flatMap((event) => (event.event === 'error' ? [event.error.message] : []));
    assert.ok(errors.length <= pauses.length, errors.join('; '));
    for (const pid of pids()) assert.equal(isAlive(pid as number), false, `${String(pid)} has ended`);
  });

  it('an endless loop is counted as timed out and started anew; the stream stops though it loops', async () => {
    const probe = await EngineProbe.open();
    const algo = await algoOf('while self.count == 2: pass\nreturn os.getpid()', { interval: 0, timeout: 1 });
    await probe.start({ source: { location: 'test:?width=64&height=48&fps=25&seconds=600' }, mode: 'realtime', algos: [algo] });
    const error = await probe.event('error');
    assert.equal(error.error.code, 'ALGO_TIMEOUT');
    await probe.until(() => new Set(probe.results.map(({ result }) => result)).size >= 2 || undefined);
    await probe.engine.stop('s');
    const { totals } = await probe.ended();
    assert.ok((totals.algos['mine']?.skipped['timeout'] ?? 0) >= 1, JSON.stringify(totals.algos));
    await probe.engine.close();
    for (const { result } of probe.results) assert.equal(isAlive(result as number), false);
  });

  it('its process ends with an engine that is killed, whatever it does', async () => {
    const probe = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
    await probe.start({
      source: { location: 'test:?width=64&height=48&fps=25&seconds=600' }, mode: 'realtime',
      algos: [await algoOf('while self.count == 2: pass\nreturn os.getpid()', { interval: 0 })],
    });
    const pid = await probe.until(() => probe.results[0]?.result as number | undefined);
    assert.ok(isAlive(pid));
    await probe.engine.destroy();
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
  });

  it('offline one that ends in every run ends the stream', async () => {
    const played = await playToEnd({ source: { location: 'test:?width=64&height=48&fps=25&seconds=600' }, algos: [await algoOf('sys.exit(7)', { interval: 0 })] });
    assert.equal(played.end.reason, 'failed');
    assert.match(played.end.error?.message ?? '', /set aside after 4 failures: mine: Python ended with exit code 7/);
  });
});
