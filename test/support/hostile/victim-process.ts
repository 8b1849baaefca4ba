/** A process that opens broken files, as the engine and the command line would, until it is ended. */
import { inspectModel, openOnnxAlgo } from '../../../dist/runtime/algo/index.js';
import { toWire } from '../../../dist/runtime/base/index.js';
import { onnxOptionsSchema, producerSchema, sourceSchema } from '../../../dist/runtime/base/plan.js';
import { makeLaneFrame } from '../../../dist/runtime/engine/index.js';
import { type Decoder, openBackend, type Picture } from '../../../dist/runtime/media/index.js';
import type { Attempt, VictimReply } from './victim.js';

/** Pictures that are read of a file. */
const PICTURES = 24;
const SMALL = { width: 64, height: 48, format: 'bgr24' } as const;

async function playFile({ path, way }: Attempt): Promise<void> {
  const { backend } = await openBackend({ backend: way === 'ffmpeg' ? 'ffmpeg' : 'libav' });
  const source = sourceSchema.parse({ location: path });
  // every third picture is asked for, as of an algo with a frame step
  const demand = { version: 1, nextUsed: (n: number) => Math.ceil(n / 3) * 3 };
  const options = { source, producer: producerSchema.parse({}), threads: 1, realtime: way === 'realtime' };
  const decoder = await backend.openDecoder({ ...options, ...(way === 'every' || way === 'ffmpeg' ? {} : { demand }) });
  try {
    await readSome(decoder);
    if (decoder.info.live) return;
    await decoder.seek(0.5);
    await readSome(decoder);
  } finally {
    await decoder.close();
  }
}

async function readSome(decoder: Decoder): Promise<void> {
  for (let count = 0; count < PICTURES; count += 1) {
    const picture = await decoder.next();
    if (!picture) return;
    try {
      if (!picture.isLeftOut) look(picture);
    } finally {
      picture.release();
    }
  }
}

function look(picture: Picture): void {
  picture.toPixels(SMALL, new Uint8Array(SMALL.width * SMALL.height * 3));
  picture.crop({ x: 0, y: 0, width: Math.max(1, picture.width / 2), height: Math.max(1, picture.height / 2) }).picture.release();
}

async function runModel({ path }: Attempt): Promise<void> {
  await inspectModel(path);
  const algo = await openOnnxAlgo({ model: path, options: onnxOptionsSchema.parse({ threads: 1, batch: 1 }) });
  try {
    const { backend } = await openBackend({ backend: 'libav' });
    const decoder = await backend.openDecoder({ source: sourceSchema.parse({ location: 'test:?width=64&height=48&seconds=1' }), producer: producerSchema.parse({}), threads: 1, realtime: false });
    const picture = await decoder.next() as Picture;
    const { width, height } = picture;
    const frame = makeLaneFrame(algo.needs, { picture, info: { index: 1, sourceIndex: 0, ptsUs: 0, width, height }, stage: { width, height, format: 'bgr24' } });
    picture.release();
    await decoder.close();
    structuredClone(await algo.run([frame], new AbortController().signal));
  } finally {
    await algo.close();
  }
}

async function answerTo(attempt: Attempt): Promise<VictimReply> {
  try {
    await (attempt.way === 'model' ? runModel(attempt) : playFile(attempt));
    return { code: 'ok', message: '', peakMb: peakMb() };
  } catch (error) {
    const isOurs = typeof (error as { code?: unknown }).code === 'string';
    const { code, message } = toWire(error);
    return { code: isOurs ? code : 'UNKNOWN', message: isOurs ? message : (error as Error).stack ?? message, peakMb: peakMb() };
  }
}

function peakMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

process.on('message', (attempt: Attempt) => {
  void answerTo(attempt).then((reply) => process.send?.(reply));
});
process.once('disconnect', () => { process.kill(process.pid, 'SIGKILL'); });
