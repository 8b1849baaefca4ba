import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';

import { Coordinator } from '../../../dist/nodes/shared/coordinator.js';
import type { StreamNode } from '../../../dist/nodes/shared/node-api.js';
import { defaultEngineSettings } from '../../../dist/nodes/shared/parts.js';
import type { Red } from '../../../dist/nodes/shared/red.js';
import type { PlannedStream } from '../../../dist/nodes/shared/stream-run.js';
import { resolveStreamPlan } from '../../../dist/runtime/index.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeEngines } from '../fake-engine.js';

const settle = async (): Promise<void> => {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
};

/** An algo of it has the name that a node of the flow has, too. */
const planned = (id: string, location = 'test:'): PlannedStream => ({
  plan: resolveStreamPlan({ id, name: id, source: { location }, algos: [{ id: 'node', name: 'moves', kind: 'motion' }] }),
  engineId: '',
  engine: defaultEngineSettings('/user'),
});

describe('nodes/shared: guest streams', () => {
  let events: EventEmitter;
  let fakes: FakeEngines;
  let coordinator: Coordinator;
  let told: string[];
  const config = {};

  beforeEach(async () => {
    events = new EventEmitter();
    fakes = new FakeEngines();
    told = [];
    const red = { nodes: { getNode: () => undefined, eachNode: () => undefined }, events, settings: { userDir: '/user' }, log: { warn: () => undefined } } as unknown as Red;
    coordinator = new Coordinator(red, fakes.open, new FakeClock());
    const tell = (what: string) => () => { told.push(what); };
    const node: StreamNode = {
      id: 'node', name: '', type: 'stream-algo', part: () => ({ kind: 'producer', producer: {} }), onPlan: () => undefined,
      onState: tell('state'), onEvent: tell('event'), onResult: tell('result'), onFlowRequest: tell('request'), onEngine: tell('engine'),
    };
    coordinator.add(node);
    events.emit('flows:starting', { config });
    events.emit('flows:started', { config });
    await coordinator.guests.play(planned('g1'));
    fakes.takeCalls();
  });

  it('what they find is for those who watch, not for nodes', () => {
    const seen: string[] = [];
    coordinator.watch((news) => seen.push(news.kind));
    fakes.engine.result('g1', 'node');
    fakes.engine.event('g1', { event: 'paused' } as never);
    assert.deepEqual([seen, told], [['result', 'event'], []]);
    assert.deepEqual(coordinator.streams, []);
  });

  it('another plan takes the place of the one before; the same one begins anew', async () => {
    await coordinator.guests.play(planned('g1', 'test:?fps=5'));
    assert.deepEqual(fakes.takeCalls(), ['start g1']);
    await coordinator.guests.play(planned('g1', 'test:?fps=5'));
    assert.deepEqual(fakes.takeCalls(), ['stop g1', 'start g1']);
    assert.equal(coordinator.guests.all.length, 1);
  });

  it('stop, start again, commands', async () => {
    const { guests } = coordinator;
    await guests.request('g1', { action: 'pause' });
    await guests.request('g1', { action: 'stop' });
    await assert.rejects(guests.request('g1', { action: 'step' }), { code: 'STATE_INVALID' });
    await guests.request('g1', { action: 'start' });
    assert.deepEqual(fakes.takeCalls(), ['g1 {"action":"pause"}', 'stop g1', 'start g1']);
    await assert.rejects(guests.request('none', { action: 'stop' }), { code: 'STREAM_UNKNOWN' });
  });

  it('its end is known', () => {
    fakes.engine.end('g1', 'finished');
    assert.equal(coordinator.guests.of('g1').run.state, 'finished');
  });

  it('a fifth is refused, and leaves nothing; one that goes makes room', async () => {
    for (const id of ['g2', 'g3', 'g4']) await coordinator.guests.play(planned(id));
    await assert.rejects(coordinator.guests.play(planned('g5')), { code: 'STATE_INVALID', message: /^4 streams/ });
    assert.equal(coordinator.guests.has('g5'), false);
    await coordinator.guests.remove('g2');
    await coordinator.guests.play(planned('g5'));
    await coordinator.guests.remove('none');
  });

  it('who asks is told of each that goes', async () => {
    const gone: string[] = [];
    coordinator.guests.whenRemoved((id) => gone.push(id));
    await coordinator.guests.play(planned('g2'));
    await coordinator.guests.remove('g2');
    events.emit('flows:stopping', { config });
    assert.deepEqual(gone, ['g2', 'g1']);
  });

  it('a deploy ends them, and their engine where nothing else plays on it', async () => {
    events.emit('flows:starting', { config: { other: true } });
    events.emit('flows:stopping', { config });
    await settle();
    assert.deepEqual([coordinator.guests.all, fakes.takeCalls()], [[], ['stop g1', 'close']]);
  });

  it('a shutdown closes the engine without waiting for them', async () => {
    events.emit('flows:stopping', { config });
    await settle();
    assert.deepEqual([coordinator.guests.all, fakes.takeCalls()], [[], ['close']]);
  });

  it('an engine that does not open is an error, and the next try may be better', async () => {
    await coordinator.guests.remove('g1');
    fakes.failure = new Error('no');
    await assert.rejects(coordinator.guests.play(planned('g2')), /no/);
    assert.equal(coordinator.guests.of('g2').run.state, 'failed');
    fakes.failure = undefined;
    await coordinator.guests.play(planned('g2'));
    assert.equal(coordinator.guests.of('g2').run.state, 'playing');
  });
});
