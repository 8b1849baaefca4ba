import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';

import type { MediaBackend } from '../../../../../dist/runtime/media/backend.js';
import { openFfmpegBackend } from '../../../../../dist/runtime/media/backends/ffmpeg/index.js';
import { openLibavBackend } from '../../../../../dist/runtime/media/backends/libav/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { decoderOptions, difference, readAll, withDecoder } from './support.js';

/** Two decimals of the rate are all that the program prints; a broken file is measured differently from version to version. */
const OTHER_RATE = ['variable_frame_rate.mp4', 'truncated.ts'];

const odd = hasData ? readdirSync(dataPath('videos/odd')).filter((file) => /\.(mp4|mkv|ts|webm|avi|gif|h264|mjpeg|m4a)$/.test(file)) : [];

describe('media/ffmpeg: the same as libav', function () {
  let program: MediaBackend;
  let native: MediaBackend;
  before(async function () {
    if (!hasData) this.skip();
    program = await openFfmpegBackend();
    const loaded = await openLibavBackend().catch(() => undefined);
    if (!loaded) this.skip();
    native = loaded;
  });

  async function look(backend: MediaBackend, path: string): Promise<unknown> {
    try {
      return await withDecoder(backend, decoderOptions(path), async (decoder) => {
        const { width, height, live, codec, container, pixelFormat, rotation, hasAudio, fps } = decoder.info;
        const frames = await readAll(decoder, (picture) => {
          const gray = new Uint8Array(32 * 18);
          picture.toPixels({ width: 32, height: 18, format: 'gray8' }, gray);
          return { sourceIndex: picture.sourceIndex, ptsUs: picture.ptsUs, gray };
        });
        const rate = OTHER_RATE.some((file) => path.endsWith(file)) ? undefined : fps;
        return { info: { width, height, live, codec, container, pixelFormat, rotation, hasAudio, rate }, frames };
      });
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  for (const file of [...odd.map((name) => `videos/odd/${name}`), 'videos/odd/hls/index.m3u8', 'oracle/videos/v360_2997.mp4', 'oracle/videos/v360_60.mp4']) {
    it(file, async () => {
      assert.ok(existsSync(dataPath(file)));
      const [ours, theirs] = [await look(program, dataPath(file)), await look(native, dataPath(file))] as { info: object; frames: { sourceIndex: number; ptsUs: number; gray: Uint8Array }[] }[];
      if (typeof theirs === 'string') {
        assert.equal(ours, theirs);
        return;
      }
      assert.deepEqual(ours?.info, theirs?.info);
      assert.equal(ours?.frames.length, theirs?.frames.length);
      ours?.frames.forEach((frame, n) => {
        const other = theirs?.frames[n];
        assert.equal(frame.sourceIndex, other?.sourceIndex);
        assert.ok(Math.abs(frame.ptsUs - (other?.ptsUs ?? NaN)) <= 1, `frame ${n}: ${frame.ptsUs}, ${other?.ptsUs}`);
        assert.ok(difference(frame.gray, other?.gray ?? []).mean < 3, `frame ${n}: ${difference(frame.gray, other?.gray ?? []).mean}`);
      });
    });
  }
});
