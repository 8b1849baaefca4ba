import assert from 'node:assert/strict';

import { resolveTopology, type Graph, type GraphNode, type StreamTopology } from '../../../dist/nodes/shared/topology.js';

/** `'s1 > p1 > a1, a2'`: s1 is wired to p1, p1 to a1 and a2. What a node is, its first letter says. */
const TYPES: Readonly<Record<string, string>> = {
  s: 'stream-source',
  p: 'stream-producer',
  a: 'stream-algo',
  d: 'stream-dispatcher',
  r: 'stream-recorder',
  f: 'function',
  j: 'junction',
  i: 'link in',
  o: 'link out',
  c: 'link call',
  x: 'subflow:abc',
};

function graphOf(wires: string, options: { gone?: string[]; disabled?: string[]; unwired?: string[] } = {}): Graph {
  const targets = new Map<string, string[]>((options.unwired ?? []).map((id) => [id, []]));
  for (const chain of wires.split(';')) {
    const steps = chain.split('>').map((step) => step.split(',').map((id) => id.trim()));
    steps.forEach((ids, at) => {
      for (const id of ids) targets.set(id, [...(targets.get(id) ?? []), ...(steps[at + 1] ?? [])]);
    });
  }
  const nodes = new Map<string, GraphNode>();
  for (const [id, ids] of targets) {
    if (options.gone?.includes(id)) continue;
    const disabled = options.disabled?.includes(id) === true;
    nodes.set(id, { id, type: TYPES[id[0] ?? ''] ?? 'other', wires: [ids], ...(disabled ? { disabled } : {}) });
  }
  const streamNodeIds = [...nodes.values()].filter(({ id, disabled }) => 'spadr'.includes(id[0] ?? '') && !disabled).map(({ id }) => id);
  return { node: (id) => nodes.get(id), streamNodeIds };
}

/** `s1/p1: a1 a2 | d1 | r1(a1)`. */
function textOf({ sourceId, producerId, algoIds, dispatcherIds, recorders }: StreamTopology): string {
  const drawn = recorders.map(({ id, algoIds: of }) => `${id}(${of.join(' ')})`);
  return `${sourceId}/${producerId ?? '-'}: ${algoIds.join(' ')} | ${dispatcherIds.join(' ')} | ${drawn.join(' ')}`;
}

const CASES: readonly { why: string; wires: string; streams: string[]; gone?: string[]; disabled?: string[]; unreached?: Record<string, string> }[] = [
  { why: 'a straight chain', wires: 's1 > p1 > a1 > d1', streams: ['s1/p1: a1 | d1 | '] },
  { why: 'a producer alone plays', wires: 's1 > p1', streams: ['s1/p1:  |  | '] },
  { why: 'several sources share a producer', wires: 's1, s2 > p1 > a1', streams: ['s1/p1: a1 |  | ', 's2/p1: a1 |  | '] },
  { why: 'several producers hang on a source', wires: 's1 > p1, p2; p1 > a1; p2 > a2', streams: ['s1/p1: a1 |  | ', 's1/p2: a2 |  | '] },
  { why: 'algos fan out in the order of the wires', wires: 's1 > p1 > a2, a1 > d1', streams: ['s1/p1: a2 a1 | d1 | '] },
  { why: 'without a producer the defaults read the source', wires: 's1 > a1 > d1', streams: ['s1/-: a1 | d1 | '] },
  { why: 'a recorder straight at the source', wires: 's1 > r1', streams: ['s1/-:  |  | r1()'] },
  { why: 'a dispatcher alone at the source', wires: 's1 > d1', streams: ['s1/-:  | d1 | '] },
  {
    why: 'a dispatcher at the source hears of all its streams and makes none',
    wires: 's1 > p1, p2, d1',
    streams: ['s1/p1:  | d1 | ', 's1/p2:  | d1 | '],
  },
  { why: 'with and without a producer', wires: 's1 > p1, a1; p1 > a2', streams: ['s1/p1: a2 |  | ', 's1/-: a1 |  | '] },
  { why: 'a recorder draws the algos between', wires: 's1 > p1 > a1, a2, r2; a1 > r1', streams: ['s1/p1: a1 a2 |  | r2() r1(a1)'] },
  { why: 'a recorder behind two algos draws both', wires: 's1 > p1 > a1, a2 > r1', streams: ['s1/p1: a1 a2 |  | r1(a1 a2)'] },
  { why: 'an algo behind an algo is of the same stream', wires: 's1 > p1 > a1 > a2 > r1', streams: ['s1/p1: a1 a2 |  | r1(a1 a2)'] },
  { why: 'a recorder behind a dispatcher counts', wires: 's1 > p1 > a1 > d1 > r1', streams: ['s1/p1: a1 | d1 | r1(a1)'] },
  { why: 'a dispatcher behind a recorder counts', wires: 's1 > p1 > a1 > r1 > d1', streams: ['s1/p1: a1 | d1 | r1(a1)'] },
  { why: 'junctions pass frames', wires: 's1 > j1 > j2 > p1 > j3 > a1', streams: ['s1/p1: a1 |  | '] },
  { why: 'link nodes pass frames', wires: 's1 > p1 > o1 > i1, i2; i1 > a1; i2 > a2', streams: ['s1/p1: a1 a2 |  | '] },
  { why: 'a subflow passes frames', wires: 's1 > x1 > p1 > a1; a1 > d1', streams: ['s1/p1: a1 | d1 | '] },
  {
    why: 'two instances of a subflow have nodes of their own',
    wires: 's1 > x1, x2; x1 > p1-n; x2 > p2-n; p1-n > a1-n; p2-n > a2-n',
    streams: ['s1/p1-n: a1-n |  | ', 's1/p2-n: a2-n |  | '],
  },
  { why: 'cycles end', wires: 's1 > p1 > a1 > j1 > a1; j1 > p1', streams: ['s1/p1: a1 |  | '] },
  { why: 'another source takes no frames', wires: 's1 > p1 > d1 > s2 > p2', streams: ['s1/p1:  | d1 | ', 's2/p2:  |  | '] },
  { why: 'the nearest producer counts', wires: 's1 > p1 > a1 > p2 > a2 > r1', streams: ['s1/p1: a1 |  | ', 's1/p2: a2 |  | r1(a2)'] },
  { why: 'a wire into nothing is left alone', wires: 's1 > p1 > a1, a9', gone: ['a9'], streams: ['s1/p1: a1 |  | '] },
  {
    why: 'a function stops frames and is named',
    wires: 's1 > p1 > f1 > a1 > r1',
    streams: ['s1/p1:  |  | '],
    unreached: { a1: 'blocked by f1', r1: 'blocked by f1' },
  },
  { why: 'results pass a function', wires: 's1 > p1 > a1 > f1 > d1', streams: ['s1/p1: a1 | d1 | '] },
  { why: 'results pass dispatchers', wires: 's1 > p1 > a1 > f1 > d1 > f2 > d2', streams: ['s1/p1: a1 | d1 d2 | '] },
  { why: 'results end at an algo', wires: 's1 > p1 > a1 > f1 > a2 > d1', streams: ['s1/p1: a1 |  | '], unreached: { a2: 'blocked by f1', d1: 'blocked by f1' } },
  { why: 'another way round a function', wires: 's1 > p1 > f1 > a1; p1 > a1', streams: ['s1/p1: a1 |  | '] },
  { why: 'a link call passes no frames', wires: 's1 > p1 > c1 > a1', streams: ['s1/p1:  |  | '], unreached: { a1: 'blocked by c1' } },
  { why: 'a disabled node is named', wires: 's1 > p1 > a1 > r1', disabled: ['a1'], streams: ['s1/p1:  |  | '], unreached: { r1: 'disabled by a1' } },
  { why: 'a source behind which nothing takes frames', wires: 's1 > f1 > f2', streams: [], unreached: { s1: 'blocked by f1' } },
  { why: 'no source', wires: 'p1 > a1 > d1', streams: [], unreached: { p1: 'unwired', a1: 'unwired', d1: 'unwired' } },
];

describe('resolveTopology', () => {
  for (const { why, wires, streams, gone, disabled, unreached = {} } of CASES) {
    it(`${why}: ${wires}`, () => {
      const topology = resolveTopology(graphOf(wires, { ...(gone ? { gone } : {}), ...(disabled ? { disabled } : {}) }));
      assert.deepEqual(topology.streams.map(textOf), streams);
      const found = [...topology.unreached].map(([id, it]) => [id, it.why === 'unwired' ? 'unwired' : `${it.why} by ${it.by.id}`]);
      assert.deepEqual(Object.fromEntries(found), unreached);
    });
  }

  const BEHIND: readonly (readonly [wires: string, behind: readonly string[]])[] = [
    ['s1 > p1 > a1, a2', []],
    ['s1 > p1 > a1 > a2 > a3', ['a2: a1', 'a3: a2']],
    ['s1 > a1 > a2', ['a2: a1']],
    ['s1 > p1 > a1 > d1 > j1 > r1 > a2', ['a2: a1']],
    ['s1 > p1 > a1 > o1 > i1 > x1 > a2', ['a2: a1']],
    ['s1 > p1 > a1, a2 > a3', ['a3: a1 a2']],
    ['s1 > p1 > a1, j1 > a2', ['a2: a1 and straight']],
    ['s1 > p1 > a1 > f1 > a2; p1 > a2', []],
    ['s1 > p1 > a1 > p2 > a2', []],
    ['s1 > p1 > a1 > a2 > a1', ['a1: a2 and straight', 'a2: a1']],
    ['s1, s2 > p1 > a1 > a2', ['a2: a1', 'a2: a1']],
  ];
  for (const [wires, wanted] of BEHIND) {
    it(`${wires}: whose detections an algo may look at`, () => {
      const { streams } = resolveTopology(graphOf(wires));
      const found = streams.flatMap(({ behind }) => Object.entries(behind).map(([id, { algoIds, andStraight }]) => `${id}: ${algoIds.join(' ')}${andStraight ? ' and straight' : ''}`));
      assert.deepEqual(found, wanted);
    });
  }

  it('a source without a wire is told so', () => {
    const { streams, unreached } = resolveTopology(graphOf('a1', { unwired: ['s1'] }));
    assert.deepEqual(streams, []);
    assert.deepEqual(unreached.get('s1'), { why: 'unwired' });
  });

  it('null wires of a subflow that was edited are left out', () => {
    const nodes: Record<string, GraphNode> = {
      s1: { id: 's1', type: 'stream-source', wires: [[null, 'p1']] },
      p1: { id: 'p1', type: 'stream-producer', wires: [[null]] },
    };
    const { streams } = resolveTopology({ node: (id) => nodes[id], streamNodeIds: ['s1', 'p1'] });
    assert.equal(streams.length, 1);
  });

  it('a thousand nodes in a row end', () => {
    const chain = Array.from({ length: 1000 }, (_, i) => `j${i}`).join(' > ');
    assert.equal(resolveTopology(graphOf(`s1 > ${chain} > p1`)).streams.length, 1);
  });
});
