import assert from 'node:assert/strict';

import { motionGateSchema } from '../../../../dist/runtime/base/look-schema.js';
import { DeliveredFrame } from '../../../../dist/runtime/engine/media/delivered-frame.js';
import { MotionGate } from '../../../../dist/runtime/engine/media/motion-gate.js';
import type { Picture } from '../../../../dist/runtime/media/index.js';
import type { Polygon } from '../../../../dist/runtime/algo/index.js';

const WIDTH = 160;

/** A block of brightness at a place; absent: none. */
type Block = { readonly left: number; readonly top: number; readonly side: number; readonly value?: number };

/** A frame of a gray room with a block in it, and how often it was converted. */
class Room {
  conversions = 0;
  #index = 0;

  frame(atSec: number, block?: Block, size = { width: 1600, height: 900 }): DeliveredFrame {
    const picture = {
      ptsUs: Math.round(atSec * 1e6), sourceIndex: 0, ...size,
      toPixels: (target: { width: number; height: number }, pixels: Uint8Array) => {
        this.conversions += 1;
        assert.deepEqual(target, { width: WIDTH, height: Math.round((size.height * WIDTH) / size.width), format: 'gray8' });
        pixels.fill(50);
        if (block) for (let y = block.top; y < block.top + block.side; y += 1) pixels.fill(block.value ?? 200, y * WIDTH + block.left, y * WIDTH + block.left + block.side);
      },
    };
    this.#index += 1;
    return new DeliveredFrame(picture as unknown as Picture, { index: this.#index, stream: {} as never, atMs: 0, onFirstUse: () => undefined });
  }
}

function gateOf(options: object = {}, regions: readonly Polygon[] = []): MotionGate {
  return new MotionGate(motionGateSchema.parse(options), { regions, regionMode: 'include' });
}

describe('motion gate', () => {
  it('the first turn runs; then those at which something has changed since the last run', () => {
    const room = new Room();
    const gate = gateOf();
    const runs: number[] = [];
    const left = [0, 0, 0, 40, 40, 40, 41, 41, 42, 42];
    for (const [i, place] of left.entries()) {
      const frame = room.frame(i * 0.1, { left: place, top: 20, side: 20 });
      if (gate.isStill(frame)) continue;
      gate.ran(frame);
      runs.push(i);
    }
    // a step of one pixel is a seam one pixel wide, which is noise; two steps add up
    assert.deepEqual(runs, [0, 3, 8]);
    assert.equal(room.conversions, left.length, 'each frame is looked at once');
  });

  it('runs after the floor though nothing has moved', () => {
    const room = new Room();
    const gate = gateOf({ floor: 0.5 });
    const runs = Array.from({ length: 12 }, (_, i) => i).filter((i) => {
      const frame = room.frame(i * 0.1);
      const runsNow = !gate.isStill(frame);
      if (runsNow) gate.ran(frame);
      return runsNow;
    });
    assert.deepEqual(runs, [0, 5, 10]);
  });

  const rows: readonly [string, object, Block | undefined, boolean][] = [
    ['nothing', {}, undefined, true],
    ['less bright than the threshold asks', { threshold: 30 }, { left: 20, top: 20, side: 20, value: 80 }, true],
    ['just bright enough', { threshold: 29 }, { left: 20, top: 20, side: 20, value: 80 }, false],
    ['darker', {}, { left: 20, top: 20, side: 20, value: 10 }, false],
    ['too small', { minArea: 0.01 }, { left: 20, top: 20, side: 10 }, true],
    ['big enough', { minArea: 0.01 }, { left: 20, top: 20, side: 13 }, false],
    ['a single pixel', { minArea: 0 }, { left: 20, top: 20, side: 1 }, true],
  ];
  for (const [what, options, block, still] of rows) {
    it(`${what}: ${still ? 'still' : 'moves'}`, () => {
      const room = new Room();
      const gate = gateOf(options);
      gate.ran(room.frame(0));
      assert.equal(gate.isStill(room.frame(0.1, block)), still);
    });
  }

  it('looks only inside of its regions', () => {
    const room = new Room();
    const gate = gateOf({}, [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]);
    gate.ran(room.frame(0));
    assert.equal(gate.isStill(room.frame(0.1, { left: 100, top: 20, side: 20 })), true);
    assert.equal(gate.isStill(room.frame(0.2, { left: 20, top: 20, side: 20 })), false);
  });

  it('another size, and a new start, run', () => {
    const room = new Room();
    const gate = gateOf();
    gate.ran(room.frame(0));
    assert.equal(gate.isStill(room.frame(0.1, undefined, { width: 1600, height: 1200 })), false);
    gate.reset();
    assert.equal(gate.isStill(room.frame(0.2)), false);
  });
});
