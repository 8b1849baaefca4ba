import assert from 'node:assert/strict';

import { isBeyond, type Reach, reachOf } from '../../../dist/runtime/base/index.js';

describe('who can reach an address', () => {
  const CASES: readonly (readonly [Reach, readonly string[]])[] = [
    ['here', ['127.0.0.1', '127.255.0.9', '0.0.0.0', '169.254.169.254', '::1', '::', 'fe80::1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe']],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.20', '100.64.0.1', 'fd00:ec2::254', '::ffff:192.168.0.1']],
    ['public', ['8.8.8.8', '172.32.0.1', '192.169.0.1', '2001:db8::1', '::ffff:8.8.8.8']],
  ];
  for (const [reach, addresses] of CASES) {
    for (const address of addresses) it(`${address} is ${reach}`, () => { assert.equal(reachOf(address), reach); });
  }
  it('a narrower circle is beyond a wider one, never the same', () => {
    assert.deepEqual([isBeyond('here', 'private'), isBeyond('here', 'here'), isBeyond('private', 'here'), isBeyond('private', 'public')], [true, false, false, true]);
  });
});
