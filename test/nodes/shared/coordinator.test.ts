import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';

import { Coordinator } from '../../../dist/nodes/shared/coordinator.js';
import type { NodeProblem, StreamNode } from '../../../dist/nodes/shared/node-api.js';
import type { NodePart } from '../../../dist/nodes/shared/parts.js';
import type { Red, RedNode } from '../../../dist/nodes/shared/red.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FakeEngines } from '../fake-engine.js';

const settle = async (): Promise<void> => {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => { setImmediate(resolve); });
};

/** A source wired to an algo, in a Node-RED of which only the events are there. */
class Stage {
  readonly events = new EventEmitter();
  readonly clock = new FakeClock();
  readonly fakes = new FakeEngines();
  readonly warnings: string[] = [];
  readonly told: string[] = [];
  readonly coordinator: Coordinator;
  readonly #nodes = new Map<string, { type: string; wires: string[][] }>();

  constructor() {
    const red = {
      nodes: { getNode: (id: string) => this.#nodes.get(id) as unknown as RedNode, eachNode: () => undefined },
      events: this.events,
      settings: { userDir: '/user' },
      log: { warn: (text: string) => this.warnings.push(text) },
    } as unknown as Red;
    this.coordinator = new Coordinator(red, this.fakes.open, this.clock);
  }

  /** What nodes do in their constructors. */
  create(): StreamNode[] {
    const source: NodePart = { kind: 'source', source: { location: 'test:' }, mode: 'realtime', start: 'deploy', priority: 0, engineId: '' };
    const algo: NodePart = { kind: 'algo', defaultName: 'motion', algo: () => ({ kind: 'motion' }) };
    this.#nodes.set('s1', { type: 'stream-source', wires: [['a1']] });
    this.#nodes.set('a1', { type: 'stream-algo', wires: [[]] });
    return [this.#add('s1', source), this.#add('a1', algo)];
  }

  emit(event: 'starting' | 'started' | 'stopping' | 'stopped', config: object, diff?: object): void {
    this.events.emit(`flows:${event}`, { config, type: 'full', ...(diff ? { diff } : {}) });
  }

  /** From nothing to flows that run. */
  start(config: object): StreamNode[] {
    this.emit('starting', config);
    const nodes = this.create();
    this.emit('started', config);
    return nodes;
  }

  #add(id: string, part: NodePart): StreamNode {
    const node: StreamNode = {
      id,
      name: '',
      type: this.#nodes.get(id)?.type ?? '',
      part: () => part,
      onPlan: (_streams, problem: NodeProblem | undefined) => this.told.push(`${id} ${problem?.why ?? 'ok'}`),
      onState: () => undefined,
      onEvent: ({ event }) => this.told.push(`${id} ${event}`),
      onResult: ({ result }) => this.told.push(`${id} ${JSON.stringify(result)}`),
      onFlowRequest: ({ requestId }) => this.told.push(`${id} asked ${requestId}`),
      onEngine: ({ event }) => this.told.push(`${id} engine ${event}`),
    };
    this.coordinator.add(node);
    return node;
  }
}

describe('Coordinator', () => {
  it('in a deploy nodes close at once and their stream plays on', async () => {
    const stage = new Stage();
    const nodes = stage.start({ rev: 1 });
    await settle();
    stage.emit('stopping', { rev: 2 });
    await Promise.all(nodes.map((node) => stage.coordinator.remove(node)));
    stage.emit('stopped', { rev: 2 });
    stage.emit('starting', { rev: 2 });
    stage.create();
    stage.emit('started', { rev: 2 }, {});
    await settle();
    assert.deepEqual(stage.fakes.calls, ['start s1:default']);
  });

  it('a stop of the very config that was started closes the engines, and nodes wait for it', async () => {
    const stage = new Stage();
    const config = { rev: 1 };
    const [node] = stage.start(config);
    await settle();
    let finish: () => void = () => undefined;
    stage.fakes.engine.close = () => new Promise((resolve) => { finish = resolve; });
    stage.emit('stopping', config);
    let removed = false;
    const removing = stage.coordinator.remove(node as StreamNode).then(() => { removed = true; });
    await settle();
    assert.equal(removed, false);
    finish();
    await removing;
  });

  it('an engine that does not close in time holds Node-RED up no longer', async () => {
    const stage = new Stage();
    const config = { rev: 1 };
    const [node] = stage.start(config);
    await settle();
    stage.fakes.engine.close = () => new Promise(() => undefined);
    stage.emit('stopping', config);
    const removing = stage.coordinator.remove(node as StreamNode);
    await settle();
    stage.clock.advance(9_999);
    await removing;
  });

  it('flows that do not start again stop their streams after a while', async () => {
    const stage = new Stage();
    stage.start({ rev: 1 });
    await settle();
    stage.emit('stopping', { rev: 2 });
    stage.emit('stopped', { rev: 2 });
    stage.clock.advance(19_999);
    await settle();
    assert.deepEqual(stage.fakes.takeCalls(), ['start s1:default']);
    stage.clock.advance(1);
    await settle();
    assert.deepEqual(stage.fakes.takeCalls(), ['close']);
    stage.start({ rev: 3 });
    await settle();
    assert.deepEqual(stage.fakes.takeCalls(), ['start s1:default']);
  });

  it('a deploy upon a deploy is one: the start in between counts for nothing', async () => {
    const stage = new Stage();
    const nodes = stage.start({ rev: 1 });
    await settle();
    stage.emit('stopping', { rev: 2 });
    stage.emit('stopped', { rev: 2 });
    stage.emit('starting', { rev: 2 });
    stage.emit('stopping', { rev: 3 });
    for (const node of nodes) await stage.coordinator.remove(node);
    stage.emit('started', { rev: 3 }, {});
    stage.emit('stopped', { rev: 3 });
    stage.emit('starting', { rev: 3 });
    stage.create();
    stage.emit('started', { rev: 3 }, {});
    await settle();
    assert.deepEqual(stage.fakes.calls, ['start s1:default']);
  });

  it('news of a deploy are told afterwards, in order', async () => {
    const stage = new Stage();
    stage.start({ rev: 1 });
    await settle();
    stage.told.length = 0;
    stage.emit('stopping', { rev: 2 });
    stage.fakes.engine.result('s1:default', 'a1', 1);
    stage.fakes.engine.event('s1:default', { event: 'progress', position: 1, fps: 25 });
    stage.fakes.engine.result('s1:default', 'a1', 2);
    stage.emit('stopped', { rev: 2 });
    assert.deepEqual(stage.told, []);
    stage.emit('started', { rev: 2 }, {});
    assert.deepEqual(stage.told, ['s1 ok', 'a1 ok', 'a1 1', 's1 progress', 'a1 progress', 'a1 2']);
  });

  it('too many of them are counted, and the newest kept', async () => {
    const stage = new Stage();
    stage.start({ rev: 1 });
    await settle();
    stage.emit('stopping', { rev: 2 });
    stage.told.length = 0;
    for (let i = 1; i <= 10_003; i += 1) stage.fakes.engine.result('s1:default', 'a1', i);
    stage.emit('stopped', { rev: 2 });
    stage.emit('started', { rev: 2 }, {});
    assert.equal(stage.told.length, 10_002);
    assert.equal(stage.told[2], 'a1 4');
    assert.match(stage.warnings[0] ?? '', /\b3 results and events were dropped/);
  });

  it('a late close of an old node leaves the new one of its id alone', async () => {
    const stage = new Stage();
    const [old] = stage.start({ rev: 1 });
    stage.create();
    await stage.coordinator.remove(old as StreamNode);
    stage.emit('stopping', { rev: 2 });
    stage.emit('stopped', { rev: 2 });
    stage.emit('started', { rev: 2 }, {});
    await settle();
    assert.deepEqual(stage.fakes.calls, ['start s1:default']);
  });

  it('news of streams and algos that are gone are dropped', async () => {
    const stage = new Stage();
    stage.start({ rev: 1 });
    await settle();
    stage.told.length = 0;
    stage.fakes.engine.result('s1:default', 'a9', 1);
    stage.fakes.engine.event('s9:default', { event: 'paused', position: 1 });
    assert.deepEqual(stage.told, []);
  });
});
