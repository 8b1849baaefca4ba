import assert from 'node:assert/strict';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { join, resolve } from 'node:path';

import { type StreamEvent, type StreamPlanInput } from '../../dist/runtime/base/index.js';
import { openEngineClient } from '../../dist/runtime/engine/index.js';
import { EngineProbe, enginePids } from '../support/engine.js';
import { TapReader, withTaps } from '../support/flows.js';
import { startNodeRed } from '../support/node-red.js';
import { enginePidsOf } from '../support/overload.js';

const FIXTURES = resolve(__dirname, '../fixtures/algos');
const DEADLY = { kind: 'module', module: join(FIXTURES, 'deadly-algo.cjs'), export: 'DeadlyAlgo' } as const;
const CAMERA = 'test:?width=64&height=32&fps=20';
const NAMES = ['a', 'b', 'c', 'd'];

/** A camera with an algo that is harmless unless `kwargs` say otherwise. */
function camera(name: string, kwargs?: Readonly<Record<string, unknown>>): Partial<StreamPlanInput> & Pick<StreamPlanInput, 'source'> {
  const motion = { id: `${name}-motion`, name: 'motion', kind: 'motion', interval: 0.1 } as const;
  const deadly = { ...DEADLY, id: `${name}-deadly`, name: 'deadly', interval: 0.1, kwargs: { ...kwargs } };
  return { id: name, name, sourceId: name, mode: 'realtime', source: { location: CAMERA }, algos: kwargs === undefined ? [motion] : [motion, deadly] };
}

describe('an engine that fails', function () {
  this.timeout(150_000);
  let probe: EngineProbe;

  async function open(options: Parameters<typeof openEngineClient>[0] = {}): Promise<void> {
    probe = await EngineProbe.open((handlers) => openEngineClient(options, handlers));
  }
  afterEach(async () => { await probe.engine.destroy(); });

  const crashes = (): number => probe.engineEvents.filter(({ event }) => event === 'crashed').length;
  const setAside = (): Extract<StreamEvent, { event: 'algo' | 'error' }>[] => probe.events.filter((event): event is Extract<StreamEvent, { event: 'algo' | 'error' }> => (event.event === 'error' || event.event === 'algo') && event.error?.code === 'SET_ASIDE');
  /** A result of the stream that comes from now on. */
  async function untilPlaying(streamId: string): Promise<void> {
    const from = probe.results.length;
    await probe.until(() => probe.results.slice(from).find((result) => result.streamId === streamId));
  }

  it('kill -9: four streams play again, with epoch + 1, and none of them is blamed', async () => {
    await open();
    for (const name of NAMES) await probe.start(camera(name));
    for (let kill = 1; kill <= 3; kill += 1) {
      for (const name of NAMES) await untilPlaying(name);
      process.kill(enginePids()[0] as number, 'SIGKILL');
      for (const name of NAMES) await probe.until(() => probe.results.find(({ streamId, stream }) => streamId === name && stream.epoch === kill));
    }
    assert.equal(crashes(), 3);
    assert.deepEqual(setAside(), []);
  });

  it('stands still (SIGSTOP): nobody waits for it, it is ended and started anew', async () => {
    await open({ hangSeconds: 2 });
    await probe.start(camera('a'));
    await untilPlaying('a');
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    process.kill(enginePids()[0] as number, 'SIGSTOP');
    // more than its channel takes
    const commands = Array.from({ length: 20_000 }, () => probe.engine.command('a', { action: 'algo', algoId: 'a-motion', do: 'set', interval: 0.1 }).then(() => 'done', (error: unknown) => (error as { code: string }).code));
    const { message } = await probe.until(() => probe.engineEvents.find(({ event }) => event === 'crashed'));
    delay.disable();
    assert.match(message ?? '', /did not answer for 2 s/);
    assert.deepEqual([...new Set(await Promise.all(commands))], ['ENGINE_CRASHED']);
    assert.ok(delay.max < 2e9, `the event loop stood still for ${String(Math.round(delay.max / 1e6))} ms`);
    await probe.until(() => probe.results.find(({ stream }) => stream.epoch === 1));
  });

  it('a module that crashes it again and again is set aside; what else its stream does, and the others, play on', async () => {
    await open();
    for (const name of NAMES) await probe.start(camera(name, name === 'c' ? { how: 'crash' } : undefined));
    const told = await probe.until(() => setAside()[0]);
    assert.match(told.error?.message ?? '', /^set aside: module .*deadly-algo\.cjs.* crashed the engine 3 times in a row/);
    const before = crashes();
    for (const name of NAMES) await untilPlaying(name);
    assert.deepEqual([...new Set(setAside().map(({ streamId }) => streamId))], ['c']);
    assert.equal(crashes(), before);
  });

  it('what crashes when it seems to do nothing is found by trying the streams half by half', async () => {
    await open();
    for (const name of NAMES) await probe.start(camera(name, name === 'b' ? { how: 'after' } : undefined));
    await probe.until(() => setAside()[0]);
    for (const name of NAMES.filter((one) => one !== 'b')) await untilPlaying(name);
    const blamed = new Set(setAside().map(({ streamId }) => streamId));
    assert.deepEqual([...blamed], ['b']);
    const before = crashes();
    for (const name of NAMES.filter((one) => one !== 'b')) await untilPlaying(name);
    assert.equal(crashes(), before);
  });

  it('a module that eats all memory is set aside', async () => {
    await open({ memoryLimitMb: 600, hangSeconds: 2 });
    await probe.start(camera('a'));
    await probe.start(camera('b', { how: 'memory' }));
    await probe.until(() => setAside()[0]);
    assert.match(probe.engineEvents.find(({ event }) => event === 'crashed')?.message ?? '', /MiB, its limit is 600 MiB/);
    await untilPlaying('a');
    await untilPlaying('b');
  });

  it('a run that takes a minute holds up a stop, and the end of the engine, by no more than 10 s', async () => {
    await open();
    for (const name of ['a', 'b']) {
      await probe.start(camera(name, { how: 'slow' }));
      await untilPlaying(name);
    }
    const beganAt = performance.now();
    await probe.engine.stop('a');
    assert.equal((await probe.ended('a')).reason, 'stopped');
    await probe.engine.close();
    assert.equal((await probe.ended('b')).reason, 'stopped');
    assert.ok(performance.now() - beganAt < 20_000, `${String(performance.now() - beganAt)} ms for both`);
    assert.deepEqual(enginePids(), []);
  });
});

describe('an engine that fails, in Node-RED', function () {
  this.timeout(150_000);

  it('shows a red badge at the algo that is set aside, plays the rest, and answers meanwhile', async () => {
    const place = { z: 'tab', x: 100, y: 100 };
    const flows = withTaps([
      { id: 'tab', type: 'tab', label: 'Cameras' },
      { ...place, id: 'engine', type: 'stream-engine', moduleFolder: FIXTURES },
      ...['bad', 'good'].flatMap((name) => [
        { ...place, id: `${name} source`, type: 'stream-source', name, location: CAMERA, mode: 'realtime', engine: 'engine', wires: [[`${name} producer`]] },
        { ...place, id: `${name} producer`, type: 'stream-producer', wires: [[`${name} algo`]] },
      ]),
      { ...place, id: 'bad algo', type: 'stream-algo', name: 'deadly', kind: 'module', module: 'deadly-algo.cjs', export: 'DeadlyAlgo', kwargs: '{"how":"crash"}', interval: 0.1, wires: [[]] },
      { ...place, id: 'good algo', type: 'stream-algo', name: 'motion', kind: 'motion', interval: 0.1, wires: [[]] },
    ], { badges: { node: 'deadly', of: 'status' }, errors: { node: 'deadly', of: 'catch' }, results: { node: 'motion' } });
    const nodeRed = await startNodeRed({ flows });
    try {
      const taps = new TapReader(nodeRed);
      const badge = await taps.until('the badge', (reader) => reader.all('badges').map(({ message }) => message['status'] as { fill: string; text: string; source: { id: string } }).find(({ fill, text, source }) => fill === 'red' && text.startsWith('set aside') && source.id === 'bad algo'));
      assert.match(badge.text, /module/);
      const [pid, before] = [enginePidsOf(nodeRed.process.pid ?? -1)[0], taps.all('results').length];
      await taps.until('more results of the other', (reader) => reader.all('results').length > before + 20);
      assert.deepEqual(enginePidsOf(nodeRed.process.pid ?? -1), [pid], 'it crashes no more');
      await nodeRed.admin('/flows');
      assert.ok(taps.all('errors').some(({ message }) => (message['error'] as { code?: string }).code === 'SET_ASIDE'));
    } finally {
      await nodeRed.stop();
    }
  });
});
