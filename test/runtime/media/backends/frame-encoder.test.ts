import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type EncodedFrame, openBackend } from '../../../../dist/runtime/media/index.js';
import { paintTestPattern } from '../../../../dist/runtime/media/test-pattern.js';
import { makeYuvPlanes } from '../../../../dist/runtime/vision/index.js';
import { boxTypes } from '../../../support/mp4.js';
import { frameNumbers, frameTimes } from '../../../support/video-frames.js';

const SIZE = { width: 320, height: 180 };

for (const name of ['libav', 'ffmpeg'] as const) {
  describe(`frames encoded into memory by ${name}`, () => {
    let folder: string;
    beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'encoded-')); });
    afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

    it('come back each with its time, a key frame a second whatever the rate, and any run of them is a file', async () => {
      const { backend } = await openBackend({ backend: name });
      const frames: EncodedFrame[] = [];
      // it says 25 frames a second, and then there are 4 to 6
      const encoder = await backend.openFrameEncoder({
        ...SIZE, fps: { num: 25, den: 1 }, crf: 23, preset: 'veryfast', threads: 1, keyFrameSeconds: 1, onFrame: (frame) => { frames.push(frame); },
      });
      const planes = makeYuvPlanes(SIZE);
      const times = Array.from({ length: 60 }, (_, n) => 7_000_000 + n * 200_000 + (n % 3) * 25_003);
      for (const [number, ptsUs] of times.entries()) {
        paintTestPattern(number, planes);
        await encoder.write(planes, ptsUs);
      }
      await encoder.end();
      await encoder.end();
      assert.deepEqual(frames.map(({ ptsUs }) => ptsUs), times);
      const keys = frames.flatMap(({ isKey }, number) => (isKey ? [number] : []));
      assert.equal(keys[0], 0);
      keys.slice(1).forEach((key, n) => { assert.ok((times[key] as number) - (times[keys[n] as number] as number) < 1_300_000, `keys at ${keys.join()}`); });

      const [from, to] = [keys[3] as number, 41];
      const path = join(folder, 'clip: a.mp4');
      const file = await encoder.openFile(path);
      for (const frame of frames.slice(from, to)) await file.write(frame);
      await file.close();
      await file.close();
      await encoder.destroy();
      await assert.rejects(encoder.openFile(path), { code: 'STATE_INVALID' });
      assert.deepEqual(boxTypes(path).filter((type) => type === 'moof'), [], 'an ordinary mp4');
      assert.deepEqual(frameNumbers(path, SIZE), Array.from({ length: to - from }, (_, n) => from + n));
      const shown = frameTimes(path);
      times.slice(from, to).forEach((time, n) => { assert.ok(Math.abs((shown[n] as number) - (time - (times[from] as number)) / 1e6) < 1e-5); });
      assert.equal(execFileSync('ffprobe', ['-v', 'error', path], { encoding: 'utf8' }), '');
    });
  });
}
