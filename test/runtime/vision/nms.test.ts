import assert from 'node:assert/strict';

import { nms, type NmsOptions, type ScoredBox } from '../../../dist/runtime/vision/index.js';

type Named = ScoredBox & { readonly name: string };

/** A box 10 high whose left edge is at `x`; two of them `d` apart have an IoU of (10 − d) / (10 + d). */
function at(x: number, score: number, classId = 0): Named {
  return { x1: x, y1: 0, x2: x + 10, y2: 10, score, classId, name: `${x}@${score}${classId === 0 ? '' : `#${classId}`}` };
}

const DEFAULTS: NmsOptions = { iouThreshold: 0.45, mode: 'per-class', maxDetections: 100 };

const ROWS: readonly { why: string; boxes: readonly Named[]; options?: Partial<NmsOptions>; kept: readonly string[] }[] = [
  { why: 'nothing in, nothing out', boxes: [], kept: [] },
  { why: 'boxes apart all stay, best first', boxes: [at(0, 0.5), at(100, 0.9), at(200, 0.7)], kept: ['100@0.9', '200@0.7', '0@0.5'] },
  { why: 'of two that overlap much (0.67) the better stays', boxes: [at(0, 0.5), at(2, 0.9)], kept: ['2@0.9'] },
  { why: 'an overlap below the threshold (0.25) is none', boxes: [at(0, 0.5), at(6, 0.9)], kept: ['6@0.9', '0@0.5'] },
  { why: 'an overlap of exactly the threshold is not above it', boxes: [at(0, 0.9), at(5, 0.5)], options: { iouThreshold: 5 / 15 }, kept: ['0@0.9', '5@0.5'] },
  { why: 'a suppressed box suppresses none: the far end of a chain stays', boxes: [at(0, 0.9), at(3, 0.8), at(6, 0.7)], kept: ['0@0.9', '6@0.7'] },
  { why: 'other classes are no rivals', boxes: [at(0, 0.9, 1), at(0, 0.8, 2)], kept: ['0@0.9#1', '0@0.8#2'] },
  { why: 'class-agnostic: other classes are rivals', boxes: [at(0, 0.8, 2), at(0, 0.9, 1)], options: { mode: 'class-agnostic' }, kept: ['0@0.9#1'] },
  { why: 'equal scores keep their order: the first stays', boxes: [at(1, 0.5), at(0, 0.5), at(2, 0.5)], kept: ['1@0.5'] },
  { why: 'equal scores apart keep their order', boxes: [at(300, 0.5), at(0, 0.5), at(100, 0.5)], kept: ['300@0.5', '0@0.5', '100@0.5'] },
  { why: 'the best ones, at most so many', boxes: [at(0, 0.1), at(100, 0.9), at(200, 0.5)], options: { maxDetections: 2 }, kept: ['100@0.9', '200@0.5'] },
  { why: 'the limit counts kept boxes, not looked-at ones', boxes: [at(0, 0.9), at(0, 0.8), at(100, 0.7)], options: { maxDetections: 2 }, kept: ['0@0.9', '100@0.7'] },
  { why: 'threshold 1: nothing is above, even twins stay', boxes: [at(0, 0.9), at(0, 0.8)], options: { iouThreshold: 1 }, kept: ['0@0.9', '0@0.8'] },
  { why: 'threshold 0: the smallest overlap is too much, a common edge is none', boxes: [at(0, 0.9), at(9.9, 0.8), at(19.9, 0.7)], options: { iouThreshold: 0 }, kept: ['0@0.9', '19.9@0.7'] },
  { why: 'empty boxes overlap nothing', boxes: [{ ...at(0, 0.9), x2: 0 }, { ...at(0, 0.8), x2: 0 }], kept: ['0@0.9', '0@0.8'] },
];

describe('vision/nms', () => {
  for (const { why, boxes, options, kept } of ROWS) {
    it(why, () => {
      assert.deepEqual(nms(boxes, { ...DEFAULTS, ...options }).map(({ name }) => name), kept);
    });
  }

  it('leaves the list it was given as it was', () => {
    const boxes = [at(0, 0.5), at(100, 0.9)];
    nms(boxes, DEFAULTS);
    assert.deepEqual(boxes.map(({ score }) => score), [0.5, 0.9]);
  });

  it('gives what the plain definition gives on many boxes of many classes', () => {
    // A fixed sequence of numbers (Park and Miller), so that the test is the same every time.
    let seed = 42;
    const next = (): number => (seed = (seed * 48271) % 2147483647) / 2147483647;
    const boxes = Array.from({ length: 2000 }, () => {
      const [x, y] = [next() * 200, next() * 200];
      return { x1: x, y1: y, x2: x + 5 + next() * 40, y2: y + 5 + next() * 40, score: next(), classId: Math.floor(next() * 4), name: '' };
    });
    const kept = nms(boxes, { ...DEFAULTS, maxDetections: 10_000 });
    assert.ok(kept.length > 50 && kept.length < boxes.length);
    const overlap = (a: ScoredBox, b: ScoredBox): number => {
      const shared = Math.max(0, Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1)) * Math.max(0, Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1));
      return shared / ((a.x2 - a.x1) * (a.y2 - a.y1) + (b.x2 - b.x1) * (b.y2 - b.y1) - shared);
    };
    for (const box of boxes) {
      const beaten = kept.some((other) => other !== box && other.classId === box.classId && other.score >= box.score && overlap(other, box) > 0.45);
      assert.equal(kept.includes(box), !beaten);
    }
  });
});
