import assert from 'node:assert/strict';

import { DisplayOrder } from '../../../../../dist/runtime/media/backends/libav/display-order.js';

describe('media/libav: display order', () => {
  it('numbers frames as they are shown, from time stamps in the order of decoding', () => {
    const order = new DisplayOrder();
    for (const stamp of [0n, 1536n, 512n, 1024n, 3072n, 2048n, 2560n]) assert.ok(order.add(stamp));
    assert.deepEqual([0n, 512n, 1024n, 1536n, 2048n, 2560n, 3072n].map((stamp) => order.numberOf(stamp)), [0, 1, 2, 3, 4, 5, 6]);
    assert.deepEqual([order.first, order.count], [0n, 7]);
    assert.equal(order.numberOf(100n), undefined);
  });

  it('begins with the number it is given', () => {
    const order = new DisplayOrder(900);
    order.add(40n);
    order.add(20n);
    assert.deepEqual([order.numberOf(20n), order.numberOf(40n), order.first, order.count], [900, 901, 20n, 902]);
  });

  it('refuses a time stamp that another frame has', () => {
    const order = new DisplayOrder();
    order.add(5n);
    assert.equal(order.add(5n), false);
    assert.equal(order.count, 1);
  });

  it('keeps numbers over long streams, and refuses a frame that comes far too late', () => {
    const order = new DisplayOrder();
    for (let n = 0; n < 5000; n += 1) assert.ok(order.add(BigInt(n * 2)));
    assert.deepEqual([order.numberOf(9998n), order.count, order.first], [4999, 5000, 0n]);
    assert.equal(order.add(1n), false);
    assert.equal(order.numberOf(0n), undefined, 'long ago');
  });
});
