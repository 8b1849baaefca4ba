import { toWire } from '../base/index.js';
import { makeFrame, openBackend, stageOf } from '../media/index.js';
import { limitMemory } from '../work/index.js';
import type { Still, StillReply, StillRequest, StillTask } from './still.js';

/*
 * A process that opens one source for one picture: native code that faults, or waits for a camera that does not answer, takes nobody along.
 */

/** Of 100. */
const QUALITY = 85;

process.once('message', (request: StillTask) => {
  limitMemory(request.memoryLimitMib);
  stillOf(request).then(
    (still) => { reply({ still }); },
    (error: unknown) => { reply({ error: toWire(error, 'SOURCE_OPEN_FAILED') }); },
  );
});
// who asked is gone
process.once('disconnect', () => { process.exit(); });

function reply(message: StillReply): void {
  process.send?.(message);
}

async function stillOf({ source, producer, width }: StillRequest): Promise<Still> {
  const { backend } = await openBackend(producer);
  const decoder = await backend.openDecoder({ source, producer, threads: 1, realtime: true });
  if (source.position > 0 && !decoder.info.live) await decoder.seek(source.position);
  const picture = await decoder.next();
  if (picture === undefined) throw new Error('there is no picture at that position');
  const stage = stageOf(producer, decoder.info);
  const height = Math.max(2, 2 * Math.round((stage.height * width) / stage.width / 2));
  const { data } = makeFrame(picture, { width, height, format: 'rgb24' }, 1);
  return { width, height, jpeg: await backend.openJpegEncoder().encode({ width, height, data }, QUALITY) };
}
