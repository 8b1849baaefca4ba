import assert from 'node:assert/strict';

import { LiveGate, type LiveVerdict } from '../../../../dist/runtime/engine/media/live-gate.js';
import { FakeClock } from '../../../support/fake-clock.js';

const RTSP = { container: 'rtsp', fps: { num: 25 } };

/** A live source of 25 frames a second, judged as its frames come. */
class Source {
  readonly clock = new FakeClock();
  readonly gate = new LiveGate(this.clock);
  #frame = 0;
  undecoded = 0;

  constructor(source: { readonly container: string; readonly fps: { readonly num: number } } = RTSP) {
    this.gate.reset(source, 0);
  }

  /** The frame that follows `gone` others comes when it should, or `lateMs` later. */
  next(gone = 0, lateMs = 0): LiveVerdict {
    this.#frame += gone;
    const atMs = this.#frame * 40 + lateMs;
    this.clock.advance(Math.max(0, atMs - this.clock.now()));
    return this.gate.judge(40_000 * this.#frame++, this.undecoded);
  }

  play(frames: number, lateMs: (i: number) => number = () => 0): LiveVerdict[] {
    return Array.from({ length: frames }, (_, i) => this.next(0, lateMs(i)));
  }
}

describe('live gate', () => {
  it('frames that never came are the network’s', () => {
    const source = new Source();
    source.play(30);
    assert.deepEqual(source.next(3), { missing: 3, cause: 'network', isInTime: true });
    assert.deepEqual(source.next(), { missing: 0, cause: 'network', isInTime: true });
  });

  it('those that came and could not be decoded are not', () => {
    const source = new Source();
    source.play(30);
    source.undecoded = 2;
    assert.equal(source.next(3).missing, 1);
    source.undecoded = 9;
    assert.equal(source.next(3).missing, 0);
    assert.equal(source.next(3).missing, 3, 'each counts once');
  });

  it('a clock that the source sets forward loses nothing', () => {
    const source = new Source();
    source.play(30);
    source.clock.advance(40);
    assert.equal(source.gate.judge(40_000 * 60, 0).missing, 0);
  });

  it('a new start begins anew', () => {
    const source = new Source();
    source.play(30);
    source.gate.reset(RTSP, 0);
    assert.deepEqual(source.gate.judge(0, 0), { missing: 0, cause: 'network', isInTime: true });
  });

  it('what is left out while it is behind is late', () => {
    const source = new Source();
    source.play(200);
    source.play(150, (i) => 600 + i * 20);
    assert.equal(source.gate.isBehind, true);
    const caughtUp = source.next(300);
    assert.deepEqual([caughtUp.missing, caughtUp.cause, caughtUp.isInTime], [300, 'late', true]);
    assert.equal(source.gate.isBehind, false);
    assert.equal(source.next(10).cause, 'network');
  });

  for (const container of ['hls', 'dash']) {
    it(`${container} brings its frames in heaps, and none of them is late`, () => {
      const source = new Source({ container, fps: { num: 25 } });
      // a segment of 4 s comes when its last frame has been taken
      const verdicts = Array.from({ length: 500 }, (_, i) => source.next(0, 4000 - (i % 100) * 40));
      assert.ok(verdicts.every(({ isInTime, missing }) => isInTime && missing === 0));
      assert.equal(source.gate.isBehind, false);
    });
  }

  it('where the rate is not known nothing is missing', () => {
    const source = new Source({ container: 'mpjpeg', fps: { num: 0 } });
    source.play(30);
    assert.equal(source.next(3).missing, 0);
  });
});
