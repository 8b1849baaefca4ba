import { toWire } from '../../base/index.js';
import { limitMemory } from '../../work/index.js';
import type { CamerasReply, CamerasRequest } from './cameras.js';
import { askCamera, discover } from './onvif.js';

/*
 * A process that asks cameras, for `findCameras` and `streamsOfCamera`.
 */

process.once('message', (request: CamerasRequest) => {
  limitMemory(request.memoryLimitMib);
  // the library throws at answers that it cannot read; of many cameras one such answer must not hide the others
  process.on('uncaughtException', (error) => { if (request.what === 'ask') reply({ error: { code: 'SOURCE_OPEN_FAILED', message: `its answer cannot be read: ${error.message}` } }); });
  const answer = request.what === 'find' ? discover(request.seconds).then((cameras) => ({ cameras })) : askCamera(request).then((report) => ({ report }));
  answer.then(reply, (error: unknown) => { reply({ error: toWire(error) }); });
});
process.once('disconnect', () => { process.kill(process.pid, 'SIGKILL'); });

function reply(message: CamerasReply): void {
  process.send?.(message);
}
