import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { resolve } from 'node:path';

import { openEngineClient } from '../../../dist/runtime/engine/index.js';
import { dataPath } from '../../support/data.js';
import { EngineProbe, enginePids } from '../../support/engine.js';

const FRONT_DOOR = resolve(__dirname, '../../../dist/runtime/index.js');
const MODEL = dataPath('models/det/yolox_nano_416.onnx');
const ENDLESS = { location: 'test:?width=160&height=90&fps=20' };

function openClient(options: Parameters<typeof openEngineClient>[0] = {}): Promise<EngineProbe> {
  return EngineProbe.open((handlers) => openEngineClient(options, handlers));
}

/** Plays a stream through the front door's client in a fresh process; tells how it ended and what native libraries that process had. */
function askInProcess(plan: object): { reason: string; results: number; sharedObjects: string[] } {
  const script = `
    const { openEngineClient, resolveStreamPlan } = require(${JSON.stringify(FRONT_DOOR)});
    let results = 0;
    let engine;
    openEngineClient({}, {
      onResult: () => { results += 1; },
      onEvent: async (event) => {
        if (event.event !== 'ended') return;
        await engine.close();
        const { sharedObjects } = process.report.getReport();
        console.log(JSON.stringify({ reason: event.reason, results, sharedObjects }));
      },
    }).then((opened) => { engine = opened; return engine.start(resolveStreamPlan(${JSON.stringify(plan)})); });`;
  return JSON.parse(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' })) as ReturnType<typeof askInProcess>;
}

describe('engine client', () => {
  it('plays in another process, and the one that asks loads no native library', () => {
    // a process of its own: this one has other tests' libraries
    const { reason, results, sharedObjects } = askInProcess({
      id: 's', name: 's', mode: 'offline', source: { location: dataPath('videos/small_classroom.mp4') },
      algos: [{ id: 'o', name: 'objects', kind: 'onnx', model: MODEL, interval: 0.5 }],
    });
    assert.equal(reason, 'finished');
    assert.ok(results > 0);
    assert.deepEqual(sharedObjects.filter((path) => /node-av|onnxruntime|\.node$/.test(path)), []);
  });

  it('gives way to the process that asks, with each of its threads', async () => {
    const probe = await openClient();
    await probe.start({ mode: 'realtime', source: { location: dataPath('videos/small_classroom.mp4'), loop: true }, algos: [{ id: 'm', name: 'm', kind: 'motion' }] });
    await probe.until(() => probe.results[0]);
    const [pid = NaN, ...others] = enginePids();
    assert.deepEqual(others, []);
    const tasks = `/proc/${pid}/task`;
    const threads = existsSync(tasks) ? readdirSync(tasks).map(Number) : [pid];
    const priorities = threads.map((thread) => getPriority(thread));
    assert.ok(priorities.every((priority) => priority > getPriority()), priorities.join(' '));
    await probe.engine.close();
  });

  it('the threads of a stream give way to those of one of higher priority', async function () {
    if (!existsSync('/proc/self/task')) this.skip();
    const probe = await openClient();
    for (const priority of [10, 0, -10]) {
      await probe.start({ id: String(priority), priority, sourceId: String(priority), mode: 'realtime', source: { location: 'test:?width=64&height=32' }, algos: [{ id: 'm', name: 'm', kind: 'motion', interval: 0 }] });
      await probe.until(() => probe.results.find(({ streamId }) => streamId === String(priority)));
    }
    const [pid = NaN] = enginePids();
    const above = readdirSync(`/proc/${pid}/task`).map((thread) => getPriority(Number(thread)) - getPriority());
    // the engine's own, then those of each stream: its decoder's and its algo's
    assert.deepEqual([...new Set(above)].sort((a, b) => a - b), [1, 6, 12, 18]);
    assert.ok([6, 12, 18].every((nice) => above.filter((one) => one === nice).length >= 2), above.join(' '));
    await probe.engine.close();
  });

  it('refuses a plan that is none, and fills in what one leaves out', async () => {
    const probe = await openClient();
    await assert.rejects(probe.engine.start({ id: 's' } as never), { code: 'OPTION_INVALID', message: /name: .*source: / });
    await probe.engine.start({ id: 's', name: 's', mode: 'offline', source: { location: 'test:?width=64&height=32&seconds=1' } } as never);
    assert.equal((await probe.ended()).reason, 'finished');
    await probe.engine.close();
  });

  it('keeps the code of an error', async () => {
    const probe = await openClient();
    await assert.rejects(probe.engine.command('nobody', { action: 'pause' }), { code: 'STREAM_UNKNOWN', name: 'StreamInferError' });
    await probe.start({ source: { location: '/nowhere.mp4' } });
    assert.equal((await probe.ended()).error?.code, 'SOURCE_NOT_FOUND');
    await probe.engine.close();
  });

  it('after SIGKILL plays realtime streams on with epoch + 1, and ends offline ones as failed', async () => {
    const probe = await openClient();
    await probe.start({ id: 'live', name: 'live', mode: 'realtime', source: ENDLESS });
    await probe.start({ id: 'whole', name: 'whole', mode: 'offline', source: ENDLESS });
    await probe.event('progress', 'live');
    await probe.event('progress', 'whole');
    for (const pid of enginePids()) process.kill(pid, 'SIGKILL');
    const end = await probe.ended('whole');
    assert.deepEqual([end.reason, end.error?.code], ['failed', 'ENGINE_CRASHED']);
    const again = await probe.until(() => probe.events.find((event) => event.event === 'started' && event.streamId === 'live' && event.stream.epoch === 1));
    assert.ok(again);
    assert.deepEqual(probe.engineEvents.map(({ event }) => event).filter((event) => event !== 'ready'), ['crashed']);
    await probe.engine.close();
  });

  it('is started anew above its memory limit', async () => {
    const probe = await openClient({ memoryLimitMb: 10 });
    await probe.start({ mode: 'realtime', source: ENDLESS });
    const crash = await probe.until(() => probe.engineEvents.find(({ event }) => event === 'crashed'));
    assert.match(crash.message ?? '', /its limit is 10 MiB/);
    await probe.engine.close();
  });

  it('close ends streams properly, may be called twice, and refuses what comes after', async () => {
    const probe = await openClient();
    await probe.start({ mode: 'realtime', source: ENDLESS });
    await probe.event('progress');
    await Promise.all([probe.engine.close(), probe.engine.close()]);
    assert.equal((await probe.ended()).reason, 'stopped');
    await assert.rejects(probe.start({ source: ENDLESS }), { code: 'ENGINE_CLOSED' });
    assert.deepEqual(enginePids(), []);
  });
});
