import assert from 'node:assert/strict';

import type { ClipCause } from '../../../dist/runtime/base/index.js';
import { clipCauseOf } from '../../../dist/runtime/record/clip-trigger.js';
import { type ClipWindow, ClipWindows } from '../../../dist/runtime/record/clip-windows.js';

const CAUSE: ClipCause = { position: 0, by: 'message' };
const RULE = { preUs: 50, postUs: 30, maxUs: 200 };

function spanOf({ fromUs, toUs, triggers }: ClipWindow): readonly number[] {
  return [fromUs, toUs, triggers];
}

describe('record/clip-windows', () => {
  it('events whose times touch are in one window, others have their own', () => {
    const windows = new ClipWindows(RULE);
    const first = windows.add(100, CAUSE) as ClipWindow;
    assert.deepEqual(spanOf(first), [50, 130, 1]);
    assert.equal(windows.add(180, CAUSE), undefined, 'its time before touches');
    assert.deepEqual(spanOf(first), [50, 210, 2]);
    assert.equal(windows.add(60, CAUSE), undefined, 'an earlier one that is inside');
    assert.deepEqual(spanOf(first), [50, 210, 3]);
    assert.deepEqual(spanOf(windows.add(261, CAUSE) as ClipWindow), [211, 291, 1]);
  });

  it('a window never becomes too long: events that go on make the next one, which follows without a gap', () => {
    const windows = new ClipWindows(RULE);
    const made: ClipWindow[] = [];
    for (let at = 100; at <= 1000; at += 1) {
      const window = windows.add(at, CAUSE);
      if (window !== undefined) made.push(window);
      for (const open of made) {
        if (open.toUs < at) windows.end(open);
      }
    }
    for (const { fromUs, toUs } of made) assert.ok(toUs - fromUs <= 200);
    made.slice(1).forEach((window, index) => { assert.equal(window.fromUs, (made[index] as ClipWindow).toUs); });
    assert.equal(made.reduce((sum, { triggers }) => sum + triggers, 0), 901);
  });

  it('every event is inside a window that is open when it comes, whatever the order: 10 000 drawn by chance', () => {
    const windows = new ClipWindows(RULE);
    const open = new Set<ClipWindow>();
    let seed = 7;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) / 2 ** 31;
    for (let n = 0; n < 10_000; n += 1) {
      const nowUs = n * 10;
      for (const window of open) if (window.toUs < nowUs) { windows.end(window); open.delete(window); }
      const at = nowUs - Math.floor(random() * 500);
      const made = windows.add(at, CAUSE);
      if (made !== undefined) open.add(made);
      assert.ok([...open].some(({ fromUs, toUs }) => fromUs <= at && at <= toUs), `event ${n} at ${at}`);
      assert.ok(open.size < 50, `${open.size} windows at once`);
    }
  });

  it('a length that is less than one event takes is raised', () => {
    assert.deepEqual(spanOf(new ClipWindows({ ...RULE, maxUs: 10 }).add(100, CAUSE) as ClipWindow), [50, 130, 1]);
  });
});

describe('record/clip-trigger', () => {
  const box = { xmin: 0, ymin: 0, xmax: 1, ymax: 1 };
  const people = { algo: 'objects', position: 2, result: [{ label: 'person', score: 0.6, box }, { label: 'car', score: 0.9, box }, { label: 'person', score: 0.7, box }] };

  it('labels, score and number decide; the best thing is told', () => {
    const rule = { labels: ['person'], minScore: 0.5, minCount: 2 };
    assert.deepEqual(clipCauseOf(rule, people), { position: 2, by: 'result', algo: 'objects', count: 2, label: 'person', score: 0.7 });
    assert.equal(clipCauseOf({ ...rule, minScore: 0.65 }, people), undefined);
    assert.equal(clipCauseOf({ ...rule, minCount: 3 }, people), undefined);
    assert.equal(clipCauseOf({ ...rule, labels: ['dog'] }, people), undefined);
    assert.equal(clipCauseOf({ ...rule, labels: [] }, people)?.label, 'car');
  });

  it('things without a score count, and what is no list of things never does', () => {
    const rule = { labels: [], minScore: 0.5, minCount: 1 };
    assert.equal(clipCauseOf(rule, { ...people, result: { moved: true, areas: [{ box }] } })?.count, 1);
    for (const result of [null, 1, 'person', {}, [], [1, 2]]) assert.equal(clipCauseOf(rule, { ...people, result }), undefined);
  });
});
