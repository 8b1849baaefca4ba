import { toWire } from '../base/index.js';
import { testModel } from './test-model.js';
import type { TestReply, TestRequest } from './test-model-apart.js';

/*
 * A process that tries one model on one picture, for `testModelApart`.
 */

process.once('message', (request: TestRequest) => {
  testModel(request).then(
    (test) => { reply({ test }); },
    (error: unknown) => { reply({ error: toWire(error) }); },
  );
});
// who asked is gone
process.once('disconnect', () => { process.exit(); });

function reply(message: TestReply): void {
  process.send?.(message);
}
