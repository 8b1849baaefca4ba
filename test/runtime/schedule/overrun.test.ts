import assert from 'node:assert/strict';

import { OverrunWatch } from '../../../dist/runtime/schedule/index.js';

/** What the watch says after each run. */
function noted(runs: readonly number[], interval: number): (number | undefined)[] {
  const watch = new OverrunWatch();
  return runs.map((run) => watch.note(run, interval));
}

describe('overrun', () => {
  const none = undefined;
  const rows: readonly [why: string, runs: readonly number[], interval: number, said: readonly (number | undefined)[]][] = [
    ['five slow runs in a row propose what the slowest needs', [1.2, 1.4, 1.2, 1.2, 1.2], 1, [none, none, none, none, 1.6]],
    ['it is said once', [2, 2, 2, 2, 2, 2, 2], 1, [none, none, none, none, 2.2, none, none]],
    ['a fast run between starts the count anew', [2, 2, 2, 2, 0.5, 2, 2], 1, [none, none, none, none, none, none, none]],
    ['as long as the interval is in time', [1, 1, 1, 1, 1, 1], 1, [none, none, none, none, none, none]],
    ['without an interval there is no overrun', [9, 9, 9, 9, 9, 9], 0, [none, none, none, none, none, none]],
  ];
  for (const [why, runs, interval, said] of rows) {
    it(why, () => { assert.deepEqual(noted(runs, interval), said); 
  it('runs that were given up count, and the first that is let finish tells how long they take', () => {
    for (const interval of [1, 0]) {
      const watch = new OverrunWatch();
      for (let i = 0; i < 5; i++) watch.noteGivenUp();
      assert.equal(watch.note(1.4, interval), 1.6, String(interval));
    }
  });

  it('without an interval a run given up now and then is no overrun', () => {
    const watch = new OverrunWatch();
    for (let i = 0; i < 20; i++) {
      watch.noteGivenUp();
      assert.equal(watch.note(0.05, 0), undefined);
    }
  });
});
  }

  it('runs that were given up count, and the first that is let finish tells how long they take', () => {
    for (const interval of [1, 0]) {
      const watch = new OverrunWatch();
      for (let i = 0; i < 5; i++) watch.noteGivenUp();
      assert.equal(watch.note(1.4, interval), 1.6, String(interval));
    }
  });

  it('without an interval a run given up now and then is no overrun', () => {
    const watch = new OverrunWatch();
    for (let i = 0; i < 20; i++) {
      watch.noteGivenUp();
      assert.equal(watch.note(0.05, 0), undefined);
    }
  });
});
