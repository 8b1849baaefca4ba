import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { FrameDemand, MediaBackend, Picture } from '../../../../../dist/runtime/media/backend.js';
import { openLibavBackend } from '../../../../../dist/runtime/media/backends/libav/index.js';
import { dataPath, hasData } from '../../../../support/data.js';
import { decoderOptions, readAll, withDecoder } from '../ffmpeg/support.js';

type Seen = { readonly n: number; readonly sourceIndex: number; readonly ptsUs: number; readonly hash: string };

/** Frames are wanted at `first`, and every `every` frames from there; `span` in a row each time. */
type Wish = { readonly every: number; readonly first?: number; readonly span?: number };

const WISHES: readonly Wish[] = [{ every: 30, first: 29 }, { every: 7 }, { every: 50, first: 44, span: 3 }, { every: 1000, first: 1000 }, { every: 400, first: 397 }];

function isWished({ every, first = 0, span = 1 }: Wish, n: number): boolean {
  return n >= first && (n - first) % every < span;
}

function demandOf(wish: Wish, frames = 1e6): FrameDemand {
  return {
    version: 0,
    nextUsed: (from) => {
      for (let n = from; n < from + wish.every + (wish.first ?? 0) + 1 && n < frames; n += 1) if (isWished(wish, n)) return n;
      return Infinity;
    },
  };
}

function hashOf(picture: Picture): string {
  const pixels = new Uint8Array(picture.width * picture.height * 3);
  picture.toPixels({ width: picture.width, height: picture.height, format: 'bgr24' }, pixels);
  return createHash('sha1').update(pixels).digest('hex');
}

function look(picture: Picture, passed: number): Seen {
  return { n: passed - 1, sourceIndex: picture.sourceIndex, ptsUs: picture.ptsUs, hash: hashOf(picture) };
}

const NOISE = 'testsrc2=s=192x108:r=30,noise=alls=20:allf=t';
/** name → ffmpeg arguments behind the input; what is decoded less of, where it is known. */
const CLIPS: Readonly<Record<string, { readonly args: string; readonly source?: string; readonly saves: boolean }>> = {
  'h264 with B-frames.mp4': { args: '-c:v libx264 -g 60 -bf 2', saves: true },
  'h264 with a pyramid of B-frames.mkv': { args: '-c:v libx264 -g 48 -bf 5 -b_strategy 0 -x264-params b-pyramid=normal', saves: true },
  'h264 in one group.mp4': { args: '-c:v libx264 -g 999 -keyint_min 999 -bf 2 -sc_threshold 0', saves: true },
  'h264 without B-frames.mp4': { args: '-c:v libx264 -g 30 -bf 0', saves: true },
  'h264, open groups.mp4': { args: '-c:v libx264 -g 40 -bf 3 -x264-params open-gop=1', saves: true },
  'h264, open groups.ts': { args: '-c:v libx264 -g 40 -bf 3 -x264-params open-gop=1', saves: true },
  'h264, refreshed bit by bit.mkv': { args: '-c:v libx264 -g 50 -x264-params intra-refresh=1', saves: true },
  'h264, interlaced.mp4': { args: '-c:v libx264 -g 50 -bf 2 -x264-params interlaced=1', saves: true },
  'h264, starts within a group.mp4': { args: '-c:v libx264 -g 60 -bf 2', source: 'cut', saves: true },
  'h264, variable rate.mkv': { args: "-c:v libx264 -g 60 -bf 2 -fps_mode vfr -vf select='not(between(mod(n\\,50)\\,20\\,26))'", saves: true },
  'h264, variable rate.mp4': { args: "-c:v libx264 -g 60 -bf 2 -fps_mode vfr -vf select='not(between(mod(n\\,50)\\,20\\,26))'", saves: true },
  'h264.ts': { args: '-c:v libx264 -g 60 -bf 2', saves: true },
  'h264.mov': { args: '-c:v libx264 -g 60 -bf 2', saves: true },
  'hevc, open groups.mp4': { args: '-c:v libx265 -x265-params keyint=48:open-gop=1:log-level=none', saves: true },
  'hevc, closed groups.mkv': { args: '-c:v libx265 -x265-params keyint=48:open-gop=0:log-level=none', saves: true },
  'hevc in layers.mp4': { args: '-c:v libx265 -x265-params keyint=48:temporal-layers=3:log-level=none', saves: true },
  'hevc.ts': { args: '-c:v libx265 -x265-params keyint=48:log-level=none', saves: true },
  'vp8.webm': { args: '-c:v libvpx -g 60 -deadline realtime -cpu-used 8 -auto-alt-ref 1', saves: true },
  'vp9.webm': { args: '-c:v libvpx-vp9 -g 60 -deadline realtime -cpu-used 8 -auto-alt-ref 1 -lag-in-frames 16', saves: true },
  'av1.mp4': { args: '-c:v libsvtav1 -preset 12 -g 60', saves: true },
  'mjpeg.avi': { args: '-c:v mjpeg', saves: true },
  'mpeg4.avi': { args: '-c:v mpeg4 -g 60 -bf 2', saves: false },
  'mpeg2.ts': { args: '-c:v mpeg2video -g 15 -bf 2', saves: false },
};

describe('media/libav: frames that nobody uses', function () {
  this.timeout(120_000);
  let backend: MediaBackend;
  let folder: string;

  before(async () => {
    backend = await openLibavBackend();
    folder = mkdtempSync(join(tmpdir(), 'libav-used-'));
  });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  function makeClip(name: string): string {
    const { args, source } = CLIPS[name] as { args: string; source?: string };
    const file = join(folder, name);
    const whole = source === undefined ? file : join(folder, `whole ${name}`);
    ffmpeg(['-f', 'lavfi', '-i', NOISE, '-frames:v', '420', '-pix_fmt', 'yuv420p', ...args.split(' '), whole]);
    // without another encoding it begins at the key frame before, which an edit list hides
    if (source === 'cut') ffmpeg(['-ss', '1.1', '-i', whole, '-c', 'copy', file]);
    return file;
  }

  async function whole(file: string): Promise<Seen[]> {
    return await withDecoder(backend, decoderOptions(file), (decoder) => readAll(decoder, (picture) => look(picture, decoder.frames.passed)));
  }

  async function used(file: string, wish: Wish): Promise<{ seen: Seen[]; passed: number; decoded: number }> {
    const options = { ...decoderOptions(file), demand: demandOf(wish) };
    return await withDecoder(backend, options, async (decoder) => {
      const seen = await readAll(decoder, (picture) => look(picture, decoder.frames.passed));
      return { seen: seen.filter(({ n }) => isWished(wish, n)), passed: decoder.frames.passed, decoded: decoder.frames.decoded };
    });
  }

  /** In realtime: where each frame is, with its pixels unless it was left out; `demandAt` says what is used when so many frames have passed. */
  async function paced(file: string, demandAt: (passed: number) => FrameDemand): Promise<{ places: Seen[]; seen: Seen[]; foretold: Map<number, number>; decoded: number }> {
    let passed = 0;
    const foretold = new Map<number, number>();
    const demand: FrameDemand = {
      version: 0, reach: 20,
      nextUsed: (n, times) => {
        if (times !== undefined && times.end > n) foretold.set(times.end - 1, times.usOf(times.end - 1));
        return demandAt(passed).nextUsed(n);
      },
    };
    return await withDecoder(backend, { ...decoderOptions(file), realtime: true, demand }, async (decoder) => {
      const seen: Seen[] = [];
      const places = await readAll(decoder, (picture) => {
        passed = decoder.frames.passed;
        if (picture.isLeftOut !== true) seen.push(look(picture, passed));
        else assert.throws(() => hashOf(picture), { code: 'INTERNAL' });
        return { n: passed - 1, sourceIndex: picture.sourceIndex, ptsUs: picture.ptsUs, hash: '' };
      });
      return { places, seen, foretold, decoded: decoder.frames.decoded };
    });
  }

  for (const [name, { saves }] of Object.entries(CLIPS)) {
    it(`${name}: those that are used come out as from a decode of everything${saves ? '' : ', though everything is decoded'}`, async () => {
      const file = makeClip(name);
      const all = await whole(file);
      assert.ok(all.length > 300, `${all.length} frames`);
      let decodedLess = 0;
      for (const wish of WISHES) {
        const { seen, passed, decoded } = await used(file, wish);
        assert.deepEqual(seen, all.filter(({ n }) => isWished(wish, n)), JSON.stringify(wish));
        assert.equal(passed, all.length);
        assert.ok(decoded <= all.length);
        decodedLess += all.length - decoded;
      }
      assert.equal(decodedLess > 0, saves, `${decodedLess} frames were not decoded`);

      const places = all.map((frame) => ({ ...frame, hash: '' }));
      let isFewer = false;
      for (const wish of WISHES) {
        const { decoded, foretold, ...ours } = await paced(file, () => demandOf(wish));
        assert.deepEqual(ours.places, places, `realtime, all are told: ${JSON.stringify(wish)}`);
        assert.deepEqual(ours.seen.filter(({ n }) => isWished(wish, n)), all.filter(({ n }) => isWished(wish, n)), `realtime: ${JSON.stringify(wish)}`);
        for (const [n, us] of foretold) assert.equal(us, all[n]?.ptsUs, `the time of frame ${n} is known before`);
        isFewer ||= decoded < all.length;
      }
      assert.equal(isFewer, saves, 'realtime');
      // somebody wants all, all of a sudden, for some time
      const { seen, places: told } = await paced(file, (passed) => demandOf(passed >= 101 && passed < 200 ? { every: 1 } : { every: 1000, first: 1000 }));
      assert.deepEqual(told, places);
      // what a frame shown before it refers to may have been passed over at that moment
      assert.deepEqual(seen.filter(({ n }) => n >= 117 && n < 200), all.slice(117, 200));
    });
  }

  for (const name of ['h264, open groups.mp4', 'h264, variable rate.mkv', 'hevc.ts', 'vp9.webm']) {
    it(`${name}: after a seek they are counted from the place sought, with the same pictures as without a demand`, async () => {
      const file = makeClip(name);
      const seeking = async (demand?: FrameDemand): Promise<Seen[]> =>
        await withDecoder(backend, { ...decoderOptions(file), ...(demand && { demand }) }, async (decoder) => {
          const seen: Seen[] = [];
          for (const position of [7.51, 2.03]) {
            await decoder.seek(position);
            seen.push(...(await readAll(decoder, (picture) => look(picture, decoder.frames.passed))));
          }
          return seen;
        });
      const all = await seeking();
      for (const wish of WISHES) {
        const wished = ({ n }: Seen): boolean => isWished(wish, n);
        assert.deepEqual((await seeking(demandOf(wish))).filter(wished), all.filter(wished), JSON.stringify(wish));
      }
    });
  }

  it('a long stretch that nobody uses is jumped over, not read', async () => {
    const file = join(folder, 'long.mp4');
    ffmpeg(['-f', 'lavfi', '-i', 'testsrc2=s=96x54:r=30', '-frames:v', '6000', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '60', '-bf', '2', file]);
    const all = await withDecoder(backend, decoderOptions(file), (decoder) => readAll(decoder, ({ ptsUs, sourceIndex }) => [sourceIndex, ptsUs]));
    const { seen, passed, decoded } = await used(file, { every: 900, first: 899 });
    assert.deepEqual(seen.map(({ sourceIndex, ptsUs }) => [sourceIndex, ptsUs]), all.filter((_, n) => n % 900 === 899));
    assert.deepEqual([all.length, passed], [6000, 6000]);
    assert.ok(decoded < 6 * 61 + 60, `${decoded} frames decoded for ${seen.length}`);
  });

  it('a demand may change until a frame is decided about', async () => {
    const file = makeClip('h264 in one group.mp4');
    const all = await whole(file);
    let every = 60;
    let version = 0;
    const demand: FrameDemand = { get version() { return version; }, nextUsed: (n) => Math.ceil(n / every) * every };
    await withDecoder(backend, { ...decoderOptions(file), demand }, async (decoder) => {
      const first = await readAll(decoder, (picture) => look(picture, decoder.frames.passed), 3);
      assert.deepEqual(first, [all[0], all[60], all[120]]);
      const { decided } = decoder.frames;
      assert.ok(decided > 120 && decided < 180, `${decided} frames decided about`);
      every = 1;
      version += 1;
      const rest = await readAll(decoder, (picture) => look(picture, decoder.frames.passed));
      assert.deepEqual(rest.filter(({ n }) => n >= decided), all.slice(decided));
    });
  });

  it('what is damaged is decoded whole, to its end', async function () {
    if (!hasData) this.skip();
    for (const name of ['truncated.ts', 'resolution_change.ts', 'vfr.mp4'].map((file) => dataPath(`videos/odd/${file}`)).filter((file) => existsSync(file))) {
      const [all, some] = [await whole(name), await used(name, { every: 10 })];
      assert.ok(Math.abs(some.passed - all.length) <= 2, `${name}: ${some.passed} of ${all.length}`);
    }
  });
});

function ffmpeg(args: readonly string[]): void {
  execFileSync('ffmpeg', ['-v', 'error', '-y', ...args]);
}
