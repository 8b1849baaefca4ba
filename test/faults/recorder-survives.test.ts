import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { type StreamEvent, type StreamPlanInput } from '../../dist/runtime/base/index.js';
import { type Engine, type EngineHandlers, openEngine, openEngineClient } from '../../dist/runtime/engine/index.js';
import { EngineProbe, enginePids } from '../support/engine.js';
import { TapReader, withTaps } from '../support/flows.js';
import { boxTypes, topBoxes } from '../support/mp4.js';
import { linkedUserDir, startNodeRed } from '../support/node-red.js';
import { enginePidsOf } from '../support/overload.js';
import { frameNumbers } from '../support/video-frames.js';

type Recorded = Extract<StreamEvent, { event: 'recording' }>;

const SIZE = { width: 320, height: 180 };
/** A camera whose frames bear their numbers. */
const CAMERA = `test:?width=${SIZE.width}&height=${SIZE.height}&fps=25`;
const inProcess = (handlers: EngineHandlers): Promise<Engine> => openEngine({}, handlers);

function planOf(folder: string, more: Partial<StreamPlanInput> = {}): Partial<StreamPlanInput> & Pick<StreamPlanInput, 'source'> {
  return { mode: 'realtime', source: { location: CAMERA }, recorders: [{ id: 'r', path: join(folder, 'clip.mp4'), preset: 'ultrafast' }], ...more };
}

/** Whole fragments of all files in the folder that have no name yet. */
function fragmentsIn(folder: string): number {
  const parts = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.part.mp4')) : [];
  return parts.flatMap((name) => topBoxes(readFileSync(join(folder, name)))).filter(({ type }) => type === 'moof').length;
}

/** Files have no event: they are looked at again and again. */
async function untilThere(what: string, isThere: () => boolean): Promise<void> {
  for (const beganAt = performance.now(); !isThere();) {
    if (performance.now() - beganAt > 60_000) throw new Error(`no ${what} after a minute`);
    await wait(50);
  }
}

/** Ordinary mp4 files only, whose frames are in order, none twice; their names and how many frames each has. */
function assertWhole(folder: string): Record<string, number> {
  const names = readdirSync(folder).sort();
  return Object.fromEntries(names.map((name) => {
    const path = join(folder, name);
    assert.deepEqual(boxTypes(path), ['ftyp', 'mdat', 'moov'], name);
    const numbers = frameNumbers(path, SIZE);
    assert.ok(numbers.length > 0, name);
    assert.deepEqual(numbers, [...new Set(numbers)].sort((a, b) => a - b), name);
    return [name, numbers.length];
  }));
}

/** Frames of the camera from the file's first to its last, those that a full machine left out among them. */
function span(path: string): number {
  const numbers = frameNumbers(path, SIZE);
  return (numbers.at(-1) ?? 0) - (numbers[0] ?? 0) + 1;
}

describe('recordings survive', function () {
  this.timeout(120_000);
  let folder = '';
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'stream-infer-survive-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  const recorded = (probe: EngineProbe, state: Recorded['state']): Recorded[] => probe.events.filter((event): event is Recorded => event.event === 'recording' && event.state === state);
  const failures = (probe: EngineProbe): StreamEvent[] => probe.events.filter((event) => event.event === 'error');

  it('kill -9 of the engine: what was whole is finished when the next one begins, which records on', async () => {
    const probe = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
    try {
      await probe.start(planOf(folder));
      await untilThere('second fragment', () => fragmentsIn(folder) >= 2);
      const [pid] = enginePids();
      process.kill(pid as number, 'SIGKILL');
      const recovered = await probe.until(() => recorded(probe, 'recovered')[0]);
      assert.equal(recovered.path, join(folder, 'clip.mp4'));
      await untilThere('fragment after the crash', () => fragmentsIn(folder) >= 1);
      await probe.engine.stop('s');
      const files = assertWhole(folder);
      assert.deepEqual(Object.keys(files), ['clip-2.mp4', 'clip.mp4']);
      assert.equal(files['clip.mp4'], recovered.frames);
      assert.ok(span(join(folder, 'clip.mp4')) >= 50, `${String(recovered.frames)} frames of two fragments`);
    } finally {
      await probe.engine.destroy();
    }
  });

  it('kill -9 of Node-RED and its engine at once: the next start finishes the file, and says so', async () => {
    const userDir = await linkedUserDir();
    const place = { z: 'tab', x: 100, y: 100 };
    const flows = withTaps([
      { id: 'tab', type: 'tab', label: 'Camera' },
      { ...place, id: 'source', type: 'stream-source', name: 'camera', location: CAMERA, mode: 'realtime', wires: [['producer']] },
      { ...place, id: 'producer', type: 'stream-producer', wires: [['recorder', 'results']] },
      { ...place, id: 'recorder', type: 'stream-recorder', name: 'recorder', path: join(folder, 'house.mp4'), wires: [[]] },
      { ...place, id: 'results', type: 'stream-dispatcher', name: 'results', wires: [[], []] },
    ], { recorder: { node: 'recorder' } });
    try {
      const first = await startNodeRed({ flows, userDir });
      await untilThere('second fragment', () => fragmentsIn(folder) >= 2);
      for (const pid of [...enginePidsOf(first.process.pid ?? -1), first.process.pid ?? -1]) process.kill(pid, 'SIGKILL');
      await first.stop();
      assert.ok(fragmentsIn(folder) >= 2);
      const second = await startNodeRed({ flows, userDir });
      try {
        await untilThere('house.mp4', () => existsSync(join(folder, 'house.mp4')));
        await new TapReader(second).until('the news of it', (taps) => taps.payloads<{ event: string; state?: string; path?: string }>('recorder').some(({ path }) => path === join(folder, 'house.mp4')));
      } finally {
        await second.stop();
      }
      const files = assertWhole(folder);
      assert.ok(span(join(folder, 'house.mp4')) >= 50, JSON.stringify(files));
    } finally {
      rmSync(userDir, { recursive: true, force: true });
    }
  });

  it('offline, a place that takes nothing fails the run: it is not complete without its recording', async () => {
    const probe = await EngineProbe.open(inProcess);
    try {
      writeFileSync(join(folder, 'file'), '');
      await probe.start(planOf(join(folder, 'file/below'), { mode: 'offline', source: { location: `${CAMERA}&seconds=1` } }));
      const { reason, totals, error } = await probe.ended();
      assert.deepEqual([reason, error?.code], ['failed', 'RECORD_OPEN_FAILED']);
      assert.deepEqual([totals.recorded, totals.unrecorded], [[], { r: 1 }]);
    } finally {
      await probe.engine.destroy();
    }
  });

  describe('a place that fails', () => {
    const places: string[] = [];
    const mount = (...args: string[]): void => { execFileSync('mount', args, { stdio: 'pipe' }); };

    function freshPlace(): string {
      const place = mkdtempSync(join(tmpdir(), 'stream-infer-place-'));
      places.push(place);
      return place;
    }

    /** A disk of its own; undefined where that is not allowed. */
    function mountDisk(): string | undefined {
      const disk = freshPlace();
      try {
        mount('-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk);
        return disk;
      } catch {
        return undefined;
      }
    }

    after(() => {
      for (const place of places) {
        try {
          execFileSync('umount', ['-l', place], { stdio: 'pipe' });
        } catch {
          // it is not mounted
        }
        rmSync(place, { recursive: true, force: true });
      }
    });

    type Scenario = (place: string, probe: EngineProbe) => Promise<void>;
    /** The first failure; later ones of the same trouble are not told. */
    async function failureOf(probe: EngineProbe): Promise<{ code: string; message: string }> {
      const { error } = (await probe.until(() => failures(probe)[0])) as Extract<StreamEvent, { event: 'error' }>;
      return error;
    }

    async function recordsOn(place: string, probe: EngineProbe): Promise<void> {
      const failedAt = probe.events.findIndex((event) => event.event === 'error');
      await probe.until(() => probe.events.slice(failedAt).find((event) => event.event === 'recording' && event.state === 'started'));
      await probe.engine.stop('s');
      assert.equal(failures(probe).length, 1, 'told once');
      assertWhole(place);
      assertAccount(probe);
    }

    const fills = (backend: 'libav' | 'ffmpeg'): Scenario => async (disk, probe) => {
      const ballast = join(disk, 'ballast');
      // what is left holds a fragment or two of 100 KB
      writeFileSync(ballast, Buffer.alloc((4 << 20) - 250_000));
      await probe.start(planOf(disk, { producer: { backend }, recorders: [{ id: 'r', path: join(disk, 'clip.mp4'), crf: 0, preset: 'ultrafast' }] }));
      const { code, message } = await failureOf(probe);
      assert.equal(code, 'RECORD_WRITE_FAILED');
      assert.match(message, /disk is full|No space left/i);
      assert.deepEqual(boxTypes(join(disk, 'clip.mp4')), ['ftyp', 'mdat', 'moov'], 'what fits is a whole file, finished on the full disk');
      rmSync(ballast);
      await recordsOn(disk, probe);
    };

    const SCENARIOS: readonly { what: string; place: () => string | undefined; play: Scenario }[] = [
      { what: 'a full disk (libav): told once, what fits is a whole file, and with room it records on', place: mountDisk, play: fills('libav') },
      { what: 'a full disk (ffmpeg): the same', place: mountDisk, play: fills('ffmpeg') },
      {
        what: 'read-only: told, tried again, and recorded when it may be written to',
        place: mountDisk,
        play: async (disk, probe) => {
          mount('-o', 'remount,ro', disk);
          await probe.start(planOf(disk));
          const { code, message } = await failureOf(probe);
          assert.equal(code, 'RECORD_OPEN_FAILED');
          assert.match(message, /no permission to write there \(EROFS\)/);
          mount('-o', 'remount,rw', disk);
          await recordsOn(disk, probe);
        },
      },
      {
        what: 'the folder is removed: noticed, told, and recorded anew',
        place: () => join(freshPlace(), 'cam'),
        play: async (place, probe) => {
          await probe.start(planOf(place));
          await untilThere('first fragment', () => fragmentsIn(place) >= 1);
          rmSync(place, { recursive: true });
          const { code, message } = await failureOf(probe);
          assert.equal(code, 'RECORD_WRITE_FAILED');
          assert.match(message, /was removed/);
          await recordsOn(place, probe);
        },
      },
    ];
    /** All at once: they wait most of the time. */
    const outcomes = new Map<string, Promise<unknown>>();

    before(() => {
      for (const { what, place, play } of SCENARIOS) {
        const found = place();
        if (found !== undefined) outcomes.set(what, playOne(found, play).then(() => undefined, (error: unknown) => error));
      }
    });

    async function playOne(place: string, play: Scenario): Promise<void> {
      const probe = await EngineProbe.open(inProcess);
      try {
        await play(place, probe);
      } finally {
        await probe.engine.destroy();
      }
    }

    for (const { what } of SCENARIOS) {
      it(what, async function () {
        const outcome = outcomes.get(what);
        if (outcome === undefined) this.skip(); // mounting a disk takes root
        assert.ifError(await outcome);
      });
    }
  });

  /** Each frame that was delivered is in a file or counted as one that is in none. */
  function assertAccount(probe: EngineProbe): void {
    const ended = probe.events.find((event): event is Extract<StreamEvent, { event: 'ended' }> => event.event === 'ended');
    const { delivered } = ended?.totals.frames ?? { delivered: -1 };
    const inFiles = recorded(probe, 'finished').reduce((sum, { frames = 0 }) => sum + frames, 0);
    assert.equal(inFiles + (ended?.totals.unrecorded['r'] ?? 0), delivered);
    assert.ok((ended?.totals.unrecorded['r'] ?? 0) > 0);
  }
});
