import assert from 'node:assert/strict';

import type { StreamPlan } from '../../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../../dist/runtime/base/plan.js';
import { Blame, type Crash, type Culprit, MOST_CRASHES, partsOf, STABLE_MS } from '../../../dist/runtime/engine/blame.js';

function stream(id: string, module?: string): StreamPlan {
  return resolveStreamPlan({ id, name: id, source: { location: `test:?n=${id}` }, algos: module === undefined ? [] : [{ id: `${id}-a`, name: 'a', kind: 'module', module }] });
}

const ALL = ['a', 'b', 'c', 'd'].map((id) => stream(id, `/${id}.js`));
const partOf = (id: string): string => `module /${id}.js`;

/** What a process says that dies of `guilty` as soon as it plays, until somebody is set aside. */
function play(blame: Blame, plans: readonly StreamPlan[], isFatal: (plan: StreamPlan) => boolean): { culprit: Culprit | undefined; crashes: number } {
  let crashes = 0;
  for (;;) {
    const playing = plans.filter(({ id }) => !blame.held.has(id));
    if (playing.some(isFatal)) {
      crashes += 1;
      const culprit = blame.crashed({ lifeMs: 400, parts: [], plans: playing });
      if (culprit !== undefined || crashes > 20) return { culprit, crashes };
    } else if (blame.passed().length === 0) {
      return { culprit: undefined, crashes };
    }
  }
}

describe('engine/blame', () => {
  const crash = (parts: readonly string[], lifeMs = 1000): Crash => ({ lifeMs, parts, plans: ALL });

  it('what alone was at work at each of three crashes is set aside; what was at work at one of them is not', () => {
    const blame = new Blame();
    assert.equal(blame.crashed(crash([partOf('a'), partOf('b')])), undefined);
    assert.equal(blame.crashed(crash([partOf('c'), partOf('b')])), undefined);
    assert.deepEqual([...blame.held], []);
    assert.deepEqual(blame.crashed(crash([partOf('b'), partOf('d')])), { part: partOf('b') });
    assert.deepEqual([[...blame.held], blame.trialMs], [[], undefined]);
  });

  it('a long life between crashes is forgiven', () => {
    const blame = new Blame();
    for (let n = 0; n < MOST_CRASHES * 3; n += 1) assert.equal(blame.crashed(crash([partOf('a')], STABLE_MS)), undefined);
    assert.deepEqual([...blame.held], []);
  });

  for (const guilty of ['a', 'b', 'c', 'd']) {
    it(`without a mark finds ${guilty} of four by halves, and holds no other for long`, () => {
      const { culprit, crashes } = play(new Blame(), ALL, ({ id }) => id === guilty);
      assert.deepEqual(culprit, { streamId: guilty });
      assert.ok(crashes <= MOST_CRASHES + 2, String(crashes));
    });
  }

  it('with streams that live nobody is set aside, and all play again', () => {
    const blame = new Blame();
    for (let n = 0; n < MOST_CRASHES; n += 1) blame.crashed(crash([]));
    assert.deepEqual([...blame.held], ['c', 'd']);
    assert.deepEqual(blame.passed(), ['c']);
    assert.deepEqual(blame.passed(), ['d']);
    assert.deepEqual(blame.passed(), []);
    assert.equal(blame.trialMs, undefined);
    assert.equal(blame.crashed(crash([])), undefined);
  });

  it('a stream alone is tried alone before it is set aside; what of it was at work is the culprit', () => {
    const blame = new Blame();
    const [alone] = ALL as [StreamPlan];
    const only = (parts: readonly string[]): Crash => ({ lifeMs: 500, parts, plans: [alone] });
    for (let n = 0; n < MOST_CRASHES; n += 1) assert.equal(blame.crashed(only([])), undefined);
    assert.equal(blame.trialMs, 2750);
    assert.deepEqual(blame.crashed(only([partOf('a')])), { part: partOf('a') });
  });

  it('of an algo and the source of a stream of its own the algo is set aside first, then the source', () => {
    const blame = new Blame();
    const [alone] = ALL as [StreamPlan];
    const [camera = '', module = ''] = partsOf(alone);
    const of = (parts: readonly string[]): Crash => ({ lifeMs: 400, parts, plans: [alone] });
    for (let n = 0; n < MOST_CRASHES; n += 1) assert.equal(blame.crashed(of([camera, module])), undefined);
    assert.deepEqual(blame.crashed(of([camera, module])), { part: module });
    for (let n = 1; n < MOST_CRASHES; n += 1) assert.equal(blame.crashed(of([camera])), undefined);
    assert.deepEqual(blame.crashed(of([camera])), { part: camera });
  });

  it('what a stream that lives has too is not to blame, though it was at work each time', () => {
    const blame = new Blame();
    const shared = ['a', 'b', 'c', 'd'].map((id) => ({ ...stream(id, `/${id}.js`), source: stream('camera').source }));
    const camera = partsOf(shared[0] as StreamPlan)[0] as string;
    const both = (plans: readonly StreamPlan[]): Crash => ({ lifeMs: 400, parts: [camera, partOf('c')], plans });
    for (let n = 0; n < MOST_CRASHES; n += 1) assert.equal(blame.crashed(both(shared)), undefined);
    assert.deepEqual([...blame.held], ['c', 'd']);
    assert.deepEqual(blame.passed(), ['c']);
    assert.deepEqual(blame.crashed(both(shared.slice(0, 3))), { part: partOf('c') });
  });

  it('where several were at work each time, only streams that have one of them are suspected', () => {
    const blame = new Blame();
    for (let n = 0; n < MOST_CRASHES; n += 1) assert.equal(blame.crashed(crash([partOf('a'), partOf('d')])), undefined);
    assert.deepEqual([...blame.held], ['d']);
  });

  it('a stream that was stopped is suspected no more', () => {
    const blame = new Blame();
    for (let n = 0; n < MOST_CRASHES; n += 1) blame.crashed(crash([]));
    blame.forget('c');
    assert.deepEqual(blame.passed(), ['d']);
    blame.forget('d');
    assert.deepEqual(blame.passed(), []);
  });

  it('streams of one source, and those that run one module, have that part in common', () => {
    const [a, b] = [stream('a', '/same.js'), { ...stream('b', '/same.js'), source: stream('a').source }];
    assert.deepEqual(partsOf(a), partsOf(b));
    assert.notDeepEqual(partsOf(stream('c')), partsOf(stream('d')));
  });
});
