import { constants, setPriority } from 'node:os';

import { toWire } from '../base/index.js';
import { limitMemory } from '../work/index.js';
import { testModel } from './test-model.js';
import type { TestReply, TestRequest } from './test-model-apart.js';

/*
 * A process that tries one model on one picture, for `testModelApart`.
 */

// what plays comes first, and Node-RED before it; threads inherit this
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

process.once('message', (request: TestRequest) => {
  limitMemory(request.memoryLimitMib);
  testModel(request.test).then(
    (test) => { reply({ test }); },
    (error: unknown) => { reply({ error: toWire(error) }); },
  );
});
// who asked is gone; an ordinary exit would wait for native calls
process.once('disconnect', () => { process.kill(process.pid, 'SIGKILL'); });

function reply(message: TestReply): void {
  process.send?.(message);
}
