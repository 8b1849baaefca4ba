import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { dataPath } from '../../support/data.js';
import { playToEnd } from '../../support/engine.js';

/** One recorded run of the Python library: what it was asked, which source frames it delivered, which each call got. */
type Recorded = {
  readonly video: string;
  readonly start: { readonly fps: number | null; readonly position?: number };
  readonly buffer: number;
  readonly algos: readonly { readonly name: string; readonly frame_count: number; readonly frame_step: number; readonly interval: number }[];
  readonly delivered: readonly number[];
  /** [algo, position, index, source frames]. */
  readonly calls: readonly (readonly [string, number, number, readonly number[]])[];
};

/** Where we differ on purpose, why, and what we give: calls, and the source frames of the first one. */
const DIFFERENCES: Readonly<Record<string, { readonly why: string; readonly calls: number; readonly first: readonly number[] }>> = {
  'e_fc60_fs1_iv3_buf30': { why: 'the ring is as big as the algos need', calls: 6, first: Array.from({ length: 60 }, (_, i) => 30 + i) },
  'e_fc60_fs0_iv3_buf30': { why: 'the ring is as big as the algos need', calls: 6, first: Array.from({ length: 60 }, (_, i) => 30 + i) },
  'f_fps25_iv0.5': { why: 'thinned by exact fractions, not by floats that add up', calls: 41, first: [14] },
  'f_fps60_on_30': { why: 'a second has as many frames as are delivered', calls: 20, first: [29] },
  'g_src25_fps30': { why: 'a second has as many frames as are delivered', calls: 20, first: [24] },
  'g_src10_fps30': { why: 'a second has as many frames as are delivered', calls: 20, first: [9] },
  'g_src12.5_fps30': { why: 'a second has as many frames as are delivered', calls: 20, first: [11] },
  'g_ntsc_fps30': { why: 'a second of 29.97 fps has 29 whole frames', calls: 20, first: [28] },
  'h_pos2.5': { why: 'positions need not be whole seconds', calls: 18, first: [89] },
  'h_ntsc_pos5_fps30': { why: 'frames are counted in whole numbers after a seek too', calls: 15, first: [174] },
  'i_same_name_twice': { why: 'each algo runs for itself', calls: 7, first: [2] },
  'j_fps_none': { why: 'no rate means all frames', calls: 5, first: [2] },
};

const recorded = (JSON.parse(readFileSync(dataPath('oracle/parity.json'), 'utf8')) as { '0.6.7': { OpenCVProducer: Record<string, Recorded> } })['0.6.7'].OpenCVProducer;
const MODULE = resolve(__dirname, '../../fixtures/algos/window-algo.cjs');

async function replay(run: Recorded): Promise<{ delivered: number; windows: unknown[] }> {
  const { results, end } = await playToEnd({
    source: { location: dataPath(`oracle/videos/${run.video}.mp4`), position: run.start.position ?? 0 },
    producer: { width: 64, height: 36, ...(run.start.fps !== null && { fps: run.start.fps }) },
    buffer: run.buffer,
    algos: run.algos.map((algo, i) => ({
      id: String(i), name: `${algo.name} ${String(i)}`, kind: 'module', module: MODULE, export: 'WindowAlgo',
      frameCount: algo.frame_count, frameStep: algo.frame_step, interval: algo.interval,
    })),
  });
  return { delivered: end.totals.frames.delivered, windows: results.map(({ result }) => result) };
}

describe('the same settings give the same calls as stream-infer 0.6.7, offline', function () {
  this.timeout(60_000);
  for (const [name, run] of Object.entries(recorded)) {
    const difference = DIFFERENCES[name];
    if (difference === undefined) {
      it(name, async () => {
        const { delivered, windows } = await replay(run);
        assert.equal(delivered, run.delivered.length);
        assert.deepEqual(windows, run.calls.map(([, , , frames]) => frames));
      });
    } else {
      it(`${name}, but ${difference.why}`, async () => {
        const { windows } = await replay(run);
        assert.equal(windows.length, difference.calls);
        assert.deepEqual(windows[0], difference.first);
      });
    }
  }
});
