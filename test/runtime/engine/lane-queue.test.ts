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
    const chance = chanceOf(7);
    for (let crowd = 0; crowd < 1000; crowd++) {
      const priorities = Array.from({ length: 1 + chance(6) }, () => chance(21) - 10);
      const highest = Math.max(...priorities);
      const queue = new LaneQueue<number, { stream: number; item: number; at: number }>();
      const pushed = priorities.map(() => 0);
      const served = priorities.map(() => 0);
      const waitsSince = priorities.map(() => -1);
      priorities.forEach((priority, stream) => { queue.open(stream, priority); });
      for (let turn = 0; turn < 120; turn++) {
        priorities.forEach((_, stream) => {
          if (chance(3) > 0) queue.push(stream, { stream, item: pushed[stream]++ as number, at: turn });
          if (waitsSince[stream] === -1 && (pushed[stream] ?? 0) > (served[stream] ?? 0)) waitsSince[stream] = turn;
        });
        const next = queue.take();
        if (next === undefined) continue;
        assert.equal(next.item, served[next.stream]++, 'in its order');
        const waited = turn - (waitsSince[next.stream] ?? 0);
        const most = highest - (priorities[next.stream] ?? 0) + priorities.length - 1;
        assert.ok(waited <= most, `waited ${waited} turns, at most ${most}: priorities ${priorities.join()}`);
        waitsSince[next.stream] = (pushed[next.stream] ?? 0) > (served[next.stream] ?? 0) ? turn + 1 : -1;
      }
    }
  });
});
