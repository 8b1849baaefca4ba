import assert from 'node:assert/strict';

import { MessageCount } from '../../../dist/runtime/engine/message-count.js';

describe('engine/message-count', () => {
  it('numbers without a gap miss nothing', () => {
    const count = new MessageCount();
    assert.deepEqual([1, 2, 3].map((number) => count.take(number)), [0, 0, 0]);
    assert.equal(count.missing, 0);
  });

  it('tells each gap once, the first message included, and counts them together', () => {
    const count = new MessageCount();
    assert.deepEqual([2, 3, 6, 7, 6].map((number) => count.take(number)), [1, 0, 2, 0, 0]);
    assert.equal(count.missing, 3);
  });
});
