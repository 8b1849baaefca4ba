import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import vm from 'node:vm';

import Redis from 'ioredis';

import type { Dispatcher } from '../../dist/runtime/index.js';
import { RedisServer } from '../support/servers/service.js';
import { resultOf } from '../support/sink-results.js';

const ROOT = resolve(__dirname, '../..');
const DOCS = readFileSync(resolve(ROOT, 'docs/library.md'), 'utf8');

/** What the program of docs/library.md exports that has this word. */
function exportsOf(word: string): unknown {
  const code = [...DOCS.matchAll(/```javascript\n([\s\S]*?)```/g)].map(([, text = '']) => text).find((text) => text.includes(word));
  assert.ok(code, word);
  const own = createRequire(resolve(ROOT, 'package.json'));
  const module = { exports: {} };
  const run = vm.runInThisContext(`(function (require, module) {${code}\n})`) as (require: (name: string) => unknown, own: typeof module) => void;
  run((name) => own(name === '@stream-infer/node-red' ? './dist/runtime/index.js' : name), module);
  return module.exports;
}

describe('docs/library.md: dispatchers', () => {
  it('the class for Redis keeps results as the Python library\'s example does', async function () {
    if (!RedisServer.isThere) this.skip();
    const server = await RedisServer.open();
    const { RedisDispatcher } = exportsOf('class RedisDispatcher') as { RedisDispatcher: new (options: { url: string }) => Dispatcher & { client: Redis } };
    const dispatcher = new RedisDispatcher({ url: server.url });
    const reader = new Redis(server.url);
    try {
      for (const index of [10, 20, 5]) void dispatcher.dispatch(resultOf(index, { index }));
      await dispatcher.drain();
      assert.deepEqual(await reader.zrange('results:persons', '0', '-1', 'WITHSCORES'), ['{"index":5}', '0.5', '{"index":10}', '1', '{"index":20}', '2']);
    } finally {
      reader.disconnect();
      dispatcher.client.disconnect();
      await server.stop();
    }
  });
});
