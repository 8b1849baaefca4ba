import assert from 'node:assert/strict';

import { type ScoredBox, Tracker } from '../../../../dist/runtime/vision/index.js';

/** A box 40 wide and 100 high around that point. */
function at(x: number, y = 200, more: Partial<ScoredBox> = {}): ScoredBox {
  return { x1: x - 20, y1: y - 50, x2: x + 20, y2: y + 50, score: 0.9, classId: 0, ...more };
}

/** Numbers between 0 and 1 that are the same in every run of the test (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

describe('Tracker', () => {
  const ROWS: readonly { why: string; runs: readonly (readonly [atSec: number, ...boxes: ScoredBox[]])[]; ids: readonly (readonly (number | undefined)[])[] }[] = [
    { why: 'no boxes, no numbers', runs: [[0], [1]], ids: [[], []] },
    { why: 'what moves a little keeps its number', runs: [[0, at(100)], [0.1, at(104)], [0.2, at(108)]], ids: [[1], [1], [1]] },
    { why: 'numbers are given by score, whatever the order', runs: [[0, at(100, 200, { score: 0.5 }), at(300)], [0.1, at(302), at(101)]], ids: [[2, 1], [1, 2]] },
    { why: 'something new gets a new number', runs: [[0, at(100)], [0.1, at(100), at(400)]], ids: [[1], [1, 2]] },
    { why: 'another class at the same place, at the same time, is another thing', runs: [[0, at(100), at(100, 200, { classId: 7 })], [0.1, at(101, 200, { classId: 7 }), at(101)]], ids: [[1, 2], [2, 1]] },
    { why: 'a class that flickers is the same thing', runs: [[0, at(100)], [0.1, at(101, 200, { classId: 7 })], [0.2, at(102)]], ids: [[1], [1], [1]] },
    { why: 'a weak box begins nothing', runs: [[0, at(100, 200, { score: 0.1 })]], ids: [[undefined]] },
    { why: 'a weak box goes on with what was there', runs: [[0, at(100)], [0.1, at(102, 200, { score: 0.1 })], [0.2, at(104)]], ids: [[1], [1], [1]] },
    { why: 'what is hidden for a second is known again', runs: [[0, at(100)], [0.1, at(110)], [0.2, at(120)], [0.7], [1.2, at(220)]], ids: [[1], [1], [1], [], [1]] },
    { why: 'what is gone for long is new', runs: [[0, at(100)], [2.5], [5], [7.5], [10, at(100)]], ids: [[1], [], [], [], [2]] },
    { why: 'runs far apart: near each other is enough', runs: [[0, at(100)], [1, at(150)], [2, at(205)]], ids: [[1], [1], [1]] },
    { why: 'runs far apart: far from each other is not', runs: [[0, at(100)], [1, at(500)]], ids: [[1], [2]] },
    { why: 'an earlier time begins anew, numbers go on', runs: [[5, at(100)], [1, at(100)]], ids: [[1], [2]] },
    { why: 'the same moment twice', runs: [[1, at(100)], [1, at(100)]], ids: [[1], [1]] },
    { why: 'a box without size breaks nothing', runs: [[0, { ...at(100), x2: 80, y2: 150 }], [0.1, at(100)]], ids: [[1], [2]] },
  ];
  for (const { why, runs, ids } of ROWS) {
    it(why, () => {
      const tracker = new Tracker();
      assert.deepEqual(runs.map(([atSec, ...boxes]) => tracker.update(boxes, atSec)), ids);
    });
  }

  it('two that cross keep their numbers', () => {
    const tracker = new Tracker();
    const seen = Array.from({ length: 40 }, (_, i) => tracker.update([at(100 + 8 * i, 200), at(400 - 8 * i, 215)], i / 15));
    assert.deepEqual(seen.at(-1), seen[0]);
  });

  it('four walkers and a cat, boxes shaken and now and then missed, keep their numbers', () => {
    const random = numbers(7);
    const shaken = (box: ScoredBox): ScoredBox => ({ ...box, x1: box.x1 + 4 * random() - 2, y1: box.y1 + 4 * random() - 2, x2: box.x2 + 4 * random() - 2, y2: box.y2 + 4 * random() - 2, score: 0.4 + 0.5 * random() });
    const tracker = new Tracker();
    const idsOf: Set<number>[] = [0, 1, 2, 3, 4].map(() => new Set());
    for (let frame = 0; frame < 240; frame++) {
      const t = frame / 15;
      const walkers = [at(20 + 55 * t, 300), at(900 - 60 * t, 330), at(200 + 45 * t, 240), at(760, 280), at(30 + 40 * t, 500, { classId: 15 })];
      const there = walkers.flatMap((box, who) => (random() < 0.1 ? [] : [{ who, box: shaken(box) }]));
      tracker.update(there.map(({ box }) => box), t).forEach((id, i) => { idsOf[there[i]?.who ?? 0]?.add(id ?? -1); });
    }
    assert.deepEqual(idsOf.map((ids) => ids.size), [1, 1, 1, 1, 1]);
  });

  it('no number twice in a run, and thousands of boxes do not stall it', () => {
    const random = numbers(3);
    const tracker = new Tracker();
    for (let run = 0; run < 3; run++) {
      const boxes = Array.from({ length: 5000 }, () => at(1900 * random(), 1000 * random(), { score: random(), classId: Math.floor(80 * random()) }));
      const ids = tracker.update(boxes, run / 10).filter((id) => id !== undefined);
      assert.equal(new Set(ids).size, ids.length);
      assert.ok(ids.length <= 300 && ids.length > 200, `${String(ids.length)} are followed`);
    }
  });
});
