/* `npx tsx bench/motion-gate-cost.ts`: CPU of one look of the motion gate, by size of the video. */
import { DeliveredFrame } from '../dist/runtime/engine/media/delivered-frame.js';
import { MotionGate } from '../dist/runtime/engine/media/motion-gate.js';
import { openBackend } from '../dist/runtime/media/index.js';
import { motionGateSchema } from '../dist/runtime/base/look-schema.js';
import { producerSchema, sourceSchema } from '../dist/runtime/base/plan.js';
import { dataPath } from '../test/support/data.js';

const VIDEOS = { '768×576': dataPath('videos/vtest_pets09_s2l1_h264.mp4'), '1920×1080': 'test:?width=1920&height=1080' };
const FRAMES = 40;
const ROUNDS = 5;

/** Milliseconds of CPU a look, the least of a few rounds: the first have the code compiled. */
async function costOf(location: string): Promise<number> {
  const { backend } = await openBackend({ backend: 'libav' });
  const decoder = await backend.openDecoder({ source: sourceSchema.parse({ location }), producer: producerSchema.parse({}), threads: 1, realtime: false });
  const frames: DeliveredFrame[] = [];
  for (let index = 1; index <= FRAMES; index += 1) {
    const picture = await decoder.next();
    if (picture) frames.push(new DeliveredFrame(picture, { index, stream: {} as never, atMs: 0, onFirstUse: () => undefined }));
  }
  let least = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const gate = new MotionGate(motionGateSchema.parse({ floor: 1e6 }), { regions: [], regionMode: 'include' });
    const began = process.cpuUsage();
    for (const frame of frames) {
      gate.isStill(frame);
      if (frame === frames[0]) gate.ran(frame);
    }
    const { user, system } = process.cpuUsage(began);
    least = Math.min(least, (user + system) / 1000 / frames.length);
  }
  for (const frame of frames) frame.release();
  await decoder.close();
  return least;
}

async function main(): Promise<void> {
  for (const [size, location] of Object.entries(VIDEOS)) process.stdout.write(`${size}: ${(await costOf(location)).toFixed(2)} ms\n`);
}

void main();
