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
    { why: 'three higher: three for each', streams: { a: { priority: 0, items: 2 }, b: { priority: 3, items: 7 } }, order: 'b1 b2 b3 a1 b4 b5 b6 a2 b7' },
    { why: 'below zero all the same', streams: { a: { priority: -3, items: 2 }, b: { priority: 0, items: 7 } }, order: 'b1 b2 b3 a1 b4 b5 b6 a2 b7' },
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

  it('in a thousand random crowds no stream waits longer than its distance to the highest priority and a turn of each other one, and each keeps its order', () => {
    for (let seed = 1; seed <= 1000; seed++) playCrowd(chanceOf(seed));
  });
});

/** 120 turns of up to six streams of random priorities, at each of which two of three get a request. */
function playCrowd(chance: (below: number) => number): void {
  const queue = new LaneQueue<Waiter, number>();
  const waiters = Array.from({ length: 1 + chance(6) }, (): Waiter => ({ priority: chance(21) - 10, pushed: 0, served: 0, since: 0 }));
  for (const waiter of waiters) queue.open(waiter, waiter.priority);
  const highest = Math.max(...waiters.map(({ priority }) => priority));
  for (let turn = 0; turn < 120; turn++) {
    for (const waiter of waiters.filter(() => chance(3) > 0)) {
      if (waiter.pushed === waiter.served) waiter.since = turn;
      queue.push(waiter, waiters.indexOf(waiter) * 1000 + waiter.pushed++);
    }
    const taken = queue.take();
    if (taken === undefined) continue;
    const waiter = waiters[Math.floor(taken / 1000)] as Waiter;
    assert.equal(taken % 1000, waiter.served++, 'in its order');
    const most = highest - waiter.priority + waiters.length - 1;
    assert.ok(turn - waiter.since <= most, `waited ${turn - waiter.since} turns, at most ${most}: ${JSON.stringify(waiters)}`);
    waiter.since = turn + 1;
  }
}
