import { inspectModel, type ModelReport, resolveModelFile } from '../algo/index.js';
import { toWire } from '../base/index.js';
import { probe } from '../media/index.js';
import { limitMemory } from '../work/index.js';
import type { LookReply, LookRequest } from './look-apart.js';

/*
 * A process that looks at one source or model, for `probeApart` and `inspectModelApart`.
 */

process.once('message', (request: LookRequest) => {
  limitMemory(request.memoryLimitMib);
  const found = request.what === 'source' ? probe(request.source, request.options) : inspected(request);
  found.then(
    (what) => { reply({ found: what }); },
    (error: unknown) => { reply({ error: toWire(error) }); },
  );
});
// who asked is gone; an ordinary exit would wait for native calls
process.once('disconnect', () => { process.kill(process.pid, 'SIGKILL'); });

async function inspected({ model, overrides }: Extract<LookRequest, { what: 'model' }>): Promise<ModelReport> {
  return inspectModel((await resolveModelFile(model)).path, overrides);
}

function reply(message: LookReply): void {
  process.send?.(message);
}
