import assert from 'node:assert/strict';

import { LaneQueue } from '../../../dist/runtime/engine/lane-queue.js';

type Streams = Readonly<Record<string, { readonly priority: number; readonly items: number }>>;

/** A queue in which each stream waits with items `a1`, `a2` … */
function queueOf(streams: Streams): LaneQueue<string, string> {
  const queue = new LaneQueue<string, string>();
  for (const [name, { priority, items }] of Object.entries(streams)) {
    queue.open(name, priority);
    for (let item = 1; item <= items; item++) queue.push(name, `${name}${item}`);
  }
  return queue;
}

function drain(queue: LaneQueue<string, string>): string {
  const taken: string[] = [];
  for (let item = queue.take(); item !== undefined; item = queue.take()) taken.push(item);
  return taken.join(' ');
}

/** Numbers that look like chance, the same in every run: a linear congruential generator with the constants of Numerical Recipes. */
function chanceOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

type Waiter = { readonly priority: number; pushed: number; served: number; /** The turn since which it waits. */ since: number };

describe('engine/lane-queue', () => {
  const rows: readonly { why: string; streams: Streams; order: string }[] = [
    { why: 'nothing waits', streams: { a: { priority: 0, items: 0 } }, order: '' },
    { why: 'one stream: in its order', streams: { a: { priority: -10, items: 3 } }, order: 'a1 a2 a3' },
    { why: 'equal ones take turns, however many items each has', streams: { a: { priority: 0, items: 4 }, b: { priority: 0, items: 1 }, c: { priority: 0, items: 2 } }, order: 'a1 b1 c1 a2 c2 a3 a4' },
    { why: 'one higher goes first, then they take turns', streams: { a: { priority: 0, items: 3 }, b: { priority: 1, items: 3 } }, order: 'b1 a1 b2 a2 b3 a3' },
    { why: 'two higher: two for each', streams: { a: { priority: 0, items: 2 }, b: { priority: 2, items: 5 } }, order: 'b1 a1 b2 b3 a2 b4 b5' },
    { why: 'below zero all the same', streams: { a: { priority: -4, items: 2 }, b: { priority: 0, items: 9 } }, order: 'b1 b2 b3 a1 b4 b5 b6 b7 a2 b8 b9' },
    { why: 'three steps of priority', streams: { a: { priority: 0, items: 1 }, b: { priority: 1, items: 1 }, c: { priority: 10, items: 2 } }, order: 'c1 c2 b1 a1' },
  ];
  for (const { why, streams, order } of rows) {
    it(why, () => {
      assert.equal(drain(queueOf(streams)), order);
    });
  }

  it('a stream that comes later does not bring the age of those that wait', () => {
    const queue = queueOf({ a: { priority: 0, items: 2 }, b: { priority: 5, items: 9 } });
    assert.deepEqual([queue.take(), queue.take(), queue.take()], ['b1', 'b2', 'b3']);
    queue.open('c', 0);
    queue.push('c', 'c1');
    assert.deepEqual([queue.take(), queue.take(), queue.take()], ['b4', 'b5', 'a1']);
  });

  it('takes only what fits, and counts it', () => {
    const queue = queueOf({ a: { priority: 9, items: 2 }, b: { priority: 0, items: 2 } });
    const fits = (item: string): boolean => item.startsWith('b');
    assert.equal(queue.count(fits), 2);
    assert.deepEqual([queue.take(fits), queue.take(fits), queue.take(fits), queue.take()], ['b1', 'b2', undefined, 'a1']);
  });

  it('what waits in a closed line is forgotten, and nothing comes into it', () => {
    const queue = queueOf({ a: { priority: 0, items: 2 }, b: { priority: 0, items: 1 } });
    queue.close('a');
    queue.push('a', 'a3');
    assert.deepEqual(queue.keys, ['b']);
    assert.equal(drain(queue), 'b1');
  });

  it('however many wait, each gets its part: twice as many turns with every two steps of priority', () => {
    const priorities = [4, 0, -4].flatMap((priority) => Array.from({ length: 9 }, (_, i) => ({ name: `${priority}/${i}`, priority })));
    const queue = queueOf(Object.fromEntries(priorities.map(({ name, priority }) => [name, { priority, items: 20_000 }])));
    const turns = new Map<string, number>();
    for (let turn = 0; turn < 9 * 2100; turn += 1) {
      const level = queue.take()?.split('/')[0] ?? assert.fail();
      turns.set(level, (turns.get(level) ?? 0) + 1);
    }
    assert.deepEqual([...turns].map(([level, count]) => [level, Math.round(count / 9 / 100)]), [['4', 16], ['0', 4], ['-4', 1]]);
  });

  it('in a thousand random crowds no stream waits for more turns of each other one than their weights allow, and each keeps its order', () => {
    for (let seed = 1; seed <= 1000; seed++) playCrowd(chanceOf(seed));
  });
});

/** 120 turns of up to six streams of random priorities, at each of which two of three get a request. */
function playCrowd(chance: (below: number) => number): void {
  const queue = new LaneQueue<Waiter, number>();
  const waiters = Array.from({ length: 1 + chance(6) }, (): Waiter => ({ priority: chance(21) - 10, pushed: 0, served: 0, since: 0 }));
  for (const waiter of waiters) queue.open(waiter, waiter.priority);
  for (let turn = 0; turn < 120; turn++) {
    for (const waiter of waiters.filter(() => chance(3) > 0)) {
      if (waiter.pushed === waiter.served) waiter.since = turn;
      queue.push(waiter, waiters.indexOf(waiter) * 1000 + waiter.pushed++);
    }
    const taken = queue.take();
    if (taken === undefined) continue;
    const waiter = waiters[Math.floor(taken / 1000)] as Waiter;
    assert.equal(taken % 1000, waiter.served++, 'in its order');
    const most = waiters.reduce((sum, { priority }) => sum + Math.floor(2 ** ((priority - waiter.priority) / 2)) + 1, -2);
    assert.ok(turn - waiter.since <= most, `waited ${turn - waiter.since} turns, at most ${most}: ${JSON.stringify(waiters)}`);
    waiter.since = turn + 1;
  }
}
