import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import { badgeOf, deploy, duringDeploy, fakes, restartFlows, send, shutDown, startFlow, stopFlow, take } from './flow-runner.js';

type Node = Record<string, unknown> & { id: string };

const TAB: Node = { id: 't1', type: 'tab', label: 'T' };
const node = (id: string, type: string, rest: Record<string, unknown> = {}): Node => ({ id, type, z: 't1', x: 1, y: 1, wires: [[]], ...rest });

function flow(changes: Record<string, Record<string, unknown>> = {}): Node[] {
  const nodes = [
    TAB,
    node('s1', 'stream-source', { name: 'Gate', location: '/v/gate.mp4', wires: [['p1']] }),
    node('p1', 'stream-producer', { wires: [['a1']] }),
    node('a1', 'stream-algo', { name: 'motion', kind: 'motion', wires: [['c1']] }),
    node('c1', 'collect'),
    node('s2', 'stream-source', { name: 'Yard', location: '/v/yard.mp4', wires: [['a2']] }),
    node('a2', 'stream-algo', { kind: 'motion', wires: [['c1']] }),
  ];
  return nodes.map((given) => ({ ...given, ...changes[given.id] }));
}

describe('a deploy', () => {
  afterEach(stopFlow);

  it('starts what the wires declare, in one engine', async () => {
    await startFlow(flow());
    assert.deepEqual(fakes.takeCalls(), ['start s1:p1', 'start s2:default']);
    assert.equal(fakes.engines.length, 1);
    assert.equal(fakes.engine.plans.get('s1:p1')?.name, 'Gate');
  });

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`${type}: what did not change plays on`, async () => {
      await startFlow(flow());
      fakes.takeCalls();
      await deploy(flow(), type);
      await deploy(flow({ a1: { x: 99 } }), type);
      assert.deepEqual(fakes.takeCalls(), []);
      fakes.engine.result('s1:p1', 'a1');
      await send('c1', {});
      assert.equal(take('c1').length, 2);
    });

    it(`${type}: only what changed starts anew`, async () => {
      await startFlow(flow());
      fakes.takeCalls();
      await deploy(flow({ a1: { motionThreshold: 50 } }), type);
      assert.deepEqual(fakes.takeCalls(), ['start s1:p1']);
      const [algo] = fakes.engine.plans.get('s1:p1')?.algos ?? [];
      assert.equal(algo?.kind === 'motion' && algo.options.threshold, 50);
    });

    it(`${type}: another wire makes another stream`, async () => {
      await startFlow(flow());
      fakes.takeCalls();
      await deploy(flow({ s2: { wires: [['a2', 'p1']] } }), type);
      assert.deepEqual(fakes.takeCalls().sort(), ['start s2:default', 'start s2:p1']);
      assert.equal(fakes.engine.plans.get('s2:default')?.name, 'Yard/default');
    });

    it(`${type}: what is cut off stops`, async () => {
      await startFlow(flow());
      fakes.takeCalls();
      await deploy(flow({ s1: { wires: [[]] } }), type);
      assert.deepEqual(fakes.takeCalls(), ['stop s1:p1']);
      assert.equal(badgeOf('s1'), 'no producer or algo');
      assert.equal(badgeOf('a1'), 'no source');
    });

    it(`${type}: a disabled node is named to those behind it`, async () => {
      await startFlow(flow());
      fakes.takeCalls();
      await deploy(flow({ p1: { d: true, name: 'P' } }), type);
      assert.deepEqual(fakes.takeCalls(), ['stop s1:p1']);
      assert.equal(badgeOf('a1'), 'P (stream-producer) is disabled');
    });

    it(`${type}: a removed source ends its stream`, async () => {
      await startFlow(flow());
      fakes.takeCalls();
      await deploy(flow().filter(({ id }) => id !== 's2'), type);
      assert.deepEqual(fakes.takeCalls(), ['stop s2:default']);
    });
  }

  it('results that come in the midst of it reach the new nodes', async () => {
    await startFlow(flow());
    duringDeploy(() => { fakes.engine.result('s1:p1', 'a1', [1]); });
    await deploy(flow(), 'full');
    assert.deepEqual(take('c1').map(({ payload }) => payload), [[1]]);
  });

  it('new nodes show how their stream is', async () => {
    await startFlow(flow());
    fakes.engine.event('s1:p1', { event: 'stalled', error: { code: 'SOURCE_TIMEOUT', message: 'no frame for 10 s' }, retryIn: 4 });
    await deploy(flow(), 'full');
    assert.equal(badgeOf('s1'), 'reconnecting in 4 s');
    assert.equal(badgeOf('p1'), 'reconnecting in 4 s');
  });

  it('a wrong setting stops its stream only, and is shown where it is', async () => {
    await startFlow(flow());
    fakes.takeCalls();
    await deploy(flow({ a1: { interval: -1 } }), 'nodes');
    assert.deepEqual(fakes.takeCalls(), ['stop s1:p1']);
    assert.match(badgeOf('a1') ?? '', /^interval: /);
    assert.equal(badgeOf('s1'), 'see motion');
    await deploy(flow(), 'nodes');
    assert.deepEqual(fakes.takeCalls(), ['start s1:p1']);
  });

  it('a file that was played to its end is not played again, but when flows are restarted', async () => {
    await startFlow(flow());
    fakes.takeCalls();
    fakes.engine.end('s1:p1', 'finished');
    await deploy(flow(), 'full');
    assert.deepEqual(fakes.takeCalls(), []);
    assert.equal(badgeOf('s1'), 'ended');
    await restartFlows();
    assert.deepEqual(fakes.takeCalls(), ['start s1:p1']);
  });

  it('what failed is tried again', async () => {
    await startFlow(flow());
    fakes.takeCalls();
    fakes.engine.end('s1:p1', 'failed');
    assert.equal(badgeOf('s1'), 'open it: no');
    await deploy(flow(), 'nodes');
    assert.deepEqual(fakes.takeCalls(), ['start s1:p1']);
  });

  it('what a message started or stopped stays so while its source stays the same', async () => {
    const byMessage = { s1: { start: 'message' } };
    await startFlow(flow(byMessage));
    assert.deepEqual(fakes.takeCalls(), ['start s2:default']);
    assert.equal(badgeOf('s1'), 'waits for a message');
    await send('s1', { payload: 'v/other.mp4' });
    await send('s2', { payload: { action: 'stop' } });
    assert.deepEqual(fakes.takeCalls(), ['start s1:p1', 'stop s2:default']);
    await deploy(flow(byMessage), 'full');
    assert.deepEqual(fakes.takeCalls(), []);
    assert.equal(fakes.engine.plans.get('s1:p1')?.source.location, resolve('v/other.mp4'));
    await deploy(flow({ s1: { start: 'message', loop: true }, s2: { loop: true } }), 'full');
    assert.deepEqual(fakes.takeCalls().sort(), ['start s2:default', 'stop s1:p1']);
  });

  it('a job that a message started is not done again', async () => {
    const byMessage = { s1: { start: 'message' } };
    await startFlow(flow(byMessage));
    await send('s1', { payload: 'v/other.mp4' });
    fakes.engine.end('s1:p1', 'finished');
    fakes.takeCalls();
    await deploy(flow({ ...byMessage, a1: { motionThreshold: 50 } }), 'full');
    assert.deepEqual(fakes.takeCalls(), []);
  });

  it('an engine that no stream needs is closed; another setting of it makes another', async () => {
    const engine = node('e1', 'stream-engine', { name: 'E', memoryLimitMb: 100, threads: 2 });
    await startFlow([...flow({ s1: { engine: 'e1' } }), engine]);
    assert.deepEqual(fakes.engines.map(({ options }) => options), [{ memoryLimitMb: 100, threads: 2 }, { memoryLimitMb: 0, threads: 0 }]);
    fakes.takeCalls();
    await deploy([...flow({ s1: { engine: 'e1' } }), { ...engine, memoryLimitMb: '200' }], 'full');
    assert.deepEqual(fakes.takeCalls(), ['stop s1:p1', 'close', 'start s1:p1']);
    assert.deepEqual(fakes.engine.options, { memoryLimitMb: 200, threads: 2 });
    await deploy([...flow({ s1: { engine: 'e1' } }), { ...engine, memoryLimitMb: '200', threads: '3' }], 'full');
    assert.deepEqual(fakes.takeCalls(), ['stop s1:p1', 'close', 'start s1:p1']);
    assert.deepEqual(fakes.engine.options, { memoryLimitMb: 200, threads: 3 });
    await deploy(flow({ s1: { engine: 'e1' } }), 'full');
    assert.deepEqual(fakes.takeCalls(), ['stop s1:p1', 'close']);
    assert.match(badgeOf('s1') ?? '', /^engine: .*missing/);
  });

  it('an engine that cannot be opened is told', async () => {
    await startFlow(flow({ s1: { start: 'message' }, s2: { d: true } }));
    fakes.failure = Object.assign(new Error('no process for you'), { code: 'ENGINE_CRASHED' });
    await send('s1', { payload: { action: 'start' } });
    await deploy(flow({ s2: { d: true } }), 'full');
    assert.equal(badgeOf('s1'), 'no process for you');
  });

  it('a stop that no start follows closes the engine before the nodes are gone', async () => {
    await startFlow(flow());
    fakes.takeCalls();
    await shutDown();
    assert.deepEqual(fakes.takeCalls(), ['close']);
    assert.equal(fakes.engine.closed, true);
  });
});

describe('wires of a real Node-RED', () => {
  afterEach(stopFlow);

  it('lead through junctions, links to other tabs and groups', async () => {
    await startFlow([
      TAB,
      { id: 't2', type: 'tab', label: 'T2' },
      { id: 'g1', type: 'group', z: 't1', nodes: ['p1'], x: 1, y: 1, w: 1, h: 1 },
      node('s1', 'stream-source', { location: 'test:', wires: [['j1']] }),
      node('j1', 'junction', { wires: [['p1']] }),
      node('p1', 'stream-producer', { g: 'g1', wires: [['o1']] }),
      node('o1', 'link out', { mode: 'link', links: ['i1'], wires: [] }),
      node('i1', 'link in', { z: 't2', links: ['o1'], wires: [['a1']] }),
      node('a1', 'stream-algo', { z: 't2', kind: 'motion' }),
    ]);
    assert.deepEqual([...fakes.engine.plans.values()].map(({ id, algos }) => [id, algos.map((algo) => algo.id)]), [['s1:p1', ['a1']]]);
  });

  it('lead in and out of subflows, nested ones too, each instance for itself', async () => {
    const inner = [
      { id: 'in', type: 'subflow', name: 'inner', in: [{ wires: [{ id: 'ia' }] }], out: [{ wires: [{ id: 'ia', port: 0 }] }] },
      node('ia', 'stream-algo', { z: 'in', kind: 'motion' }),
    ];
    const outer = [
      { id: 'out', type: 'subflow', name: 'outer', in: [{ wires: [{ id: 'op' }] }], out: [{ wires: [{ id: 'oi', port: 0 }] }] },
      node('op', 'stream-producer', { z: 'out', wires: [['oi']] }),
      node('oi', 'subflow:in', { z: 'out' }),
    ];
    await startFlow([
      TAB,
      ...inner,
      ...outer,
      node('s1', 'stream-source', { location: 'test:', wires: [['x1', 'x2']] }),
      node('x1', 'subflow:out', { wires: [['r1']] }),
      node('x2', 'subflow:out', { wires: [[]] }),
      node('r1', 'stream-recorder', { path: 'x.mp4' }),
    ]);
    const [first, second, ...more] = [...fakes.engine.plans.values()];
    assert.ok(first !== undefined && second !== undefined);
    assert.deepEqual(more, []);
    assert.equal(first.algos.length, 1);
    assert.equal(second.algos.length, 1);
    assert.notEqual(first.algos[0]?.id, second.algos[0]?.id);
    assert.deepEqual(first.recorders.map(({ id, algos }) => [id, algos]), [['r1', [first.algos[0]?.id]]]);
    assert.deepEqual(second.recorders, []);
    fakes.takeCalls();
    await deploy([TAB, ...inner, ...outer, node('s1', 'stream-source', { location: 'test:', wires: [['x1']] }), node('x1', 'subflow:out', { wires: [['r1']] }), node('r1', 'stream-recorder', { path: 'x.mp4' })], 'nodes');
    assert.deepEqual(fakes.takeCalls().filter((call) => call.startsWith('stop')).length, 1);
  });

  it('name the node that stands in the way', async () => {
    await startFlow([
      TAB,
      node('s1', 'stream-source', { location: 'test:', wires: [['p1']] }),
      node('p1', 'stream-producer', { wires: [['f1']] }),
      node('f1', 'function', { name: 'mine', func: 'return msg;', outputs: 1, wires: [['a1']] }),
      node('a1', 'stream-algo', { kind: 'motion' }),
    ]);
    assert.equal(badgeOf('a1'), 'mine (function) stands in the way');
  });
});
