import assert from 'node:assert/strict';

import fc from 'fast-check';

import { FrameRing } from '../../dist/runtime/buffer/index.js';
import { deliveredFps, openThinner } from '../../dist/runtime/media/index.js';
import { countBefore, isDue, offlineCadence, RealtimeCadence } from '../../dist/runtime/schedule/index.js';
import { playToEnd } from '../support/engine.js';
import { playByRules, type RuleCall, type RulePlay, type RuleSetting } from '../support/rules.js';
import { numberOf } from '../support/video-frames.js';

/** The same settings each time; a failure prints them, made as small as they still fail. */
const SEED = 20_250_603;

/** Numbers with so many decimals. */
function decimals(places: number, { min, max }: { readonly min: number; readonly max: number }): fc.Arbitrary<number> {
  return fc.integer({ min: min * 10 ** places, max: max * 10 ** places }).map((whole) => whole / 10 ** places);
}

const fps = fc.option(fc.oneof(fc.integer({ min: 1, max: 130 }), decimals(2, { min: 1, max: 70 }), fc.constantFrom(7.5, 12.5, 23.976, 29.97, 59.94)), { nil: undefined });

type Rate = { readonly num: number; readonly den: number };

/** Rates of files: those of NTSC, halves, whole ones. */
const fileRate: fc.Arbitrary<Rate> = fc.oneof(
  fc.constantFrom({ num: 30_000, den: 1001 }, { num: 24_000, den: 1001 }, { num: 60_000, den: 1001 }, { num: 25, den: 2 }, { num: 15, den: 2 }, { num: 2997, den: 100 }),
  fc.integer({ min: 1, max: 120 }).map((num) => ({ num, den: 1 })),
);

/** Rates of the test pattern, which are decimals. */
const patternRate: fc.Arbitrary<Rate> = fc.constantFrom({ num: 30, den: 1 }, { num: 25, den: 1 }, { num: 10, den: 1 }, { num: 25, den: 2 }, { num: 15, den: 2 }, { num: 2997, den: 100 });

type Bounds = { readonly rate: fc.Arbitrary<Rate>; readonly frames: fc.IntegerConstraints; /** Longest of what is counted in seconds. */ readonly seconds: number };

function settings({ rate, frames, seconds }: Bounds): fc.Arbitrary<RuleSetting> {
  const algo = fc.record({
    frameCount: fc.integer({ min: 1, max: 20 }),
    frameStep: fc.integer({ min: 0, max: 10 }),
    interval: fc.oneof(fc.constantFrom(0, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 1e6), decimals(3, { min: 0, max: seconds }), fc.double({ min: 0, max: seconds, noNaN: true })),
  });
  const position = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: seconds }), decimals(3, { min: 0, max: seconds }));
  return fc
    .record({ source: rate, frames: fc.integer(frames), fps, position, algos: fc.array(algo, { minLength: 1, maxLength: 4 }) })
    .map(({ source, frames: count, fps: wanted, ...rest }) => ({ ...rest, source: { ...source, frames: count }, ...(wanted !== undefined && { fps: wanted }) }));
}

const buffer = fc.integer({ min: 0, max: 60 });

/** What the scheduler's parts say, put together as the scheduler does. */
function playByParts({ source, fps: wanted, position: from = 0, algos }: RuleSetting, frames: number): RulePlay {
  const { isDelivered } = openThinner(source, wanted);
  const { num, den } = deliveredFps(source, wanted);
  const cadences = algos.map(({ interval }) => offlineCadence(interval, num / den));
  const before = countBefore(from, num / den);
  const ring = new FrameRing<number>(Math.max(1, frames, ...algos.map(({ frameCount, frameStep }) => frameCount * Math.max(1, frameStep))));
  const delivered: number[] = [];
  const calls: RuleCall[] = [];
  const start = countBefore(from, source.num / source.den);
  for (let n = start; n < source.frames; n += 1) {
    if (!isDelivered(n - start)) continue;
    ring.push(n);
    const index = delivered.push(n);
    cadences.forEach((cadence, i) => {
      const window = isDue(cadence, before + index) ? ring.window(algos[i]?.frameCount ?? 0, algos[i]?.frameStep ?? 0) : undefined;
      if (window !== undefined) calls.push({ algo: i, index, window });
    });
  }
  return { delivered, calls };
}

describe('with any settings', function () {
  // to make a failing setting small takes many runs
  this.timeout(300_000);

  it('thinning, cadence and ring give the frames and windows of the rules', () => {
    const any = settings({ rate: fileRate, frames: { min: 0, max: 500 }, seconds: 20 });
    fc.assert(
      fc.property(any, buffer, (given, frames) => { assert.deepEqual(playByParts(given, frames), playByRules(given)); }),
      { seed: SEED, numRuns: 3000 },
    );
  });

  it('an offline stream gives the calls of the rules, in their order, on frames whose pixels bear the right numbers', async () => {
    const short = settings({ rate: patternRate, frames: { min: 1, max: 150 }, seconds: 2 });
    await fc.assert(
      fc.asyncProperty(short, buffer, fc.constantFrom('libav', 'ffmpeg'), async (given, frames, backend) => {
        assert.deepEqual(await playByEngine(given, frames, backend), playByRules(given));
      }),
      { seed: SEED, numRuns: 24 },
    );
  });

  it('realtime turns lie on the grid of the first one, whatever was not taken', () => {
    // in 64ths of a second, which add up without rounding
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 300 }), isFree: fc.boolean() }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 0, max: 1000 }), steps, (interval, begin, moments) => {
        const cadence = new RealtimeCadence(interval / 64);
        let now = begin;
        let waiting: number[] = [begin];
        for (const { wait, isFree } of moments) {
          assert.equal(cadence.isDue(now / 64), waiting.length > 0);
          if (waiting.length > 0 && (isFree || now === begin)) {
            cadence.take(now / 64);
            waiting = [];
          }
          for (let tick = now + 1; tick <= now + wait; tick += 1) if ((tick - begin) % interval === 0) waiting.push(tick);
          now += wait;
        }
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});

async function playByEngine({ source, fps: wanted, position: from = 0, algos }: RuleSetting, frames: number, backend: 'libav' | 'ffmpeg'): Promise<RulePlay> {
  const watcher = { frameCount: 1, frameStep: 0, interval: 0 };
  const rate = source.num / source.den;
  const all = [...algos, watcher].map((one, i) => ({ ...one, id: String(i), name: String(i), kind: 'local' as const }));
  const { results, end } = await playToEnd(
    {
      source: { location: `test:?width=64&height=36&fps=${rate}&seconds=${source.frames / rate}`, position: from },
      producer: { backend, ...(wanted !== undefined && { fps: wanted }) },
      buffer: frames,
      algos: all,
    },
    { localAlgos: new Map(all.map(({ id }) => [id, { run: (frames) => frames.map(numberOf) }])) },
  );
  assert.equal(end.reason, 'finished');
  const calls = results.map(({ algoId, frame, result }) => ({ algo: Number(algoId), index: frame.index, window: result as number[] }));
  const watched = calls.filter((call) => call.algo === algos.length);
  assert.deepEqual(results.map(({ frame }) => frame.sourceIndex), calls.map(({ window }) => window.at(-1)));
  return { delivered: watched.flatMap(({ window }) => window), calls: calls.filter((call) => call.algo < algos.length) };
}
