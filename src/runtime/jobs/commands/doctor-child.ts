import { toWire } from '../../base/index.js';
import { CHECKS } from './doctor-checks.js';
import type { CheckReply, CheckRequest } from './doctor-messages.js';
import { oneLine } from './exit.js';

/*
 * A process for one check of `stream-infer doctor`: native code that faults takes this one with it, not the doctor.
 */

process.once('message', (request: CheckRequest) => {
  void answer(request).then((reply) => {
    // ends at once: what the check has loaded may keep threads
    process.send?.(reply, () => process.exit(0));
  });
});

async function answer({ check }: CheckRequest): Promise<CheckReply> {
  try {
    const found = CHECKS.find(({ name }) => name === check);
    if (!found) throw new Error(`no check ${check}`);
    return { works: true, detail: oneLine(await found.run()) };
  } catch (error) {
    return { works: false, detail: oneLine(toWire(error).message) };
  }
}
