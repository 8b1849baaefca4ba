import assert from 'node:assert/strict';

import { Backoff, Pacer } from '../../../dist/runtime/schedule/index.js';
import { FakeClock } from '../../support/fake-clock.js';

describe('pacer', () => {
  it('shows the first frame at once and the others when their time comes', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    assert.equal(pacer.wait(500_000), 0);
    assert.equal(pacer.wait(540_000), 40);
    clock.advance(100);
    assert.equal(pacer.wait(540_000), -60, 'too late');
  });

  it('waits for a frame’s time, leaves out what is too late, and plays on from where it is when all is', async () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    const { signal } = new AbortController();
    const step = async (ptsUs: number, passedMs: number): Promise<boolean> => {
      const inTime = pacer.isInTime(ptsUs, signal);
      clock.advance(passedMs);
      return inTime;
    };
    assert.equal(await step(0, 0), true, 'the first at once');
    assert.equal(await step(40_000, 40), true, 'waited for');
    assert.equal(await step(80_000, 289), true, 'at once');
    assert.equal(await step(80_000, 1), true, 'a little late');
    assert.equal(await step(80_000, 800), false, 'too late');
    assert.equal(await step(80_000, 0), false, 'far too late');
    assert.equal(await step(120_000, 0), true, 'counted anew');
    assert.equal(pacer.wait(160_000), 40);
  });

  it('is behind when frames are late for two seconds, or so late twice that it plays on from where it is', async () => {
    const clock = new FakeClock();
    const { signal } = new AbortController();
    const pacer = new Pacer(clock);
    /** The frame of `ptsUs` is asked about `lateMs` after its time. */
    const ask = async (ptsUs: number, lateMs: number): Promise<boolean> => {
      clock.advance(Math.max(0, pacer.wait(ptsUs) + lateMs));
      await pacer.isInTime(ptsUs, signal);
      return pacer.isBehind;
    };
    await pacer.isInTime(0, signal);
    for (let at = 1; at <= 10; at += 1) assert.equal(await ask(at * 200_000, 300), false, `late at ${at}`);
    assert.equal(await ask(2_200_000, 300), true, 'two seconds after the first late one');
    assert.equal(await ask(2_400_000, 0), false, 'in time again');
    assert.equal(await ask(2_600_000, 1001), false, 'a slip');
    await pacer.isInTime(2_800_000, signal);
    assert.equal(await ask(3_000_000, 1001), true, 'another one');
    await pacer.isInTime(3_200_000, signal);
    clock.advance(5000);
    assert.equal(await ask(9_000_000, 1001), false, 'long after that');
  });

  it('stops waiting when aborted', async () => {
    const stop = new AbortController();
    const pacer = new Pacer(new FakeClock());
    pacer.wait(0);
    const inTime = pacer.isInTime(1_000_000, stop.signal);
    stop.abort();
    assert.equal(await inTime, true);
  });

  for (const [what, overshootMs] of [['exact', 0], ['up to 15 ms too long', 15]] as const) {
    it(`shows an hour of 29.97 fps in an hour, where sleeps are ${what}`, async () => {
      const clock = new FakeClock();
      const pacer = new Pacer(clock);
      const { signal } = new AbortController();
      let seed = 1;
      const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
      let latestMs = 0;
      let ptsUs = 0;
      for (let frame = 0; frame <= (3600 * 30000) / 1001; frame++) {
        ptsUs = Math.round((frame * 1001e6) / 30000);
        const wait = pacer.wait(ptsUs);
        const inTime = pacer.isInTime(ptsUs, signal);
        if (wait > 0) clock.advance(wait + random() * overshootMs);
        assert.ok(await inTime);
        latestMs = Math.max(latestMs, clock.now() - ptsUs / 1000);
      }
      assert.ok(latestMs <= overshootMs + 0.001, `${latestMs} ms late at worst`);
      const driftMs = clock.now() + pacer.wait(ptsUs) - ptsUs / 1000;
      assert.ok(Math.abs(driftMs) <= 1, `the last frame's time is ${driftMs} ms off`);
    });
  }

  it('stands still while paused', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.wait(0);
    pacer.pause();
    clock.advance(5000);
    pacer.resume();
    assert.equal(pacer.wait(40_000), 40);
  });

  it('starts anew after a reset', () => {
    const clock = new FakeClock();
    const pacer = new Pacer(clock);
    pacer.wait(0);
    clock.advance(9000);
    pacer.reset();
    assert.equal(pacer.wait(77_000_000), 0);
  });
});

describe('back-off', () => {
  it('grows from half a second to half a minute, a quarter of it by chance', () => {
    const longest = new Backoff(() => 1);
    assert.deepEqual(Array.from({ length: 8 }, () => longest.next()), [0.5, 1, 2, 4, 8, 16, 30, 30]);
    const shortest = new Backoff(() => 0);
    assert.equal(shortest.next(), 0.375);
    assert.equal(shortest.next(), 0.75);
    shortest.reset();
    assert.equal(shortest.next(), 0.375);
  });
});
