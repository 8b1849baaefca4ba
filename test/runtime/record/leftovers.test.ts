import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';

import { openLibavBackend } from '../../../dist/runtime/media/backends/libav/index.js';
import { finishLeftovers, type LeftoverOptions } from '../../../dist/runtime/record/index.js';
import { FakeClock } from '../../support/fake-clock.js';

const FRAMES = 120;

/** What `.owner` says of a process of this machine. */
async function ownedBy(pid: number, more: { programPid?: number } = {}): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const space = await readlink('/proc/self/ns/pid').catch(() => '');
  return JSON.stringify({ machine: [hostname(), boot.trim(), space].join(' '), pid, ...more });
}

/** A process that has ended. */
const GONE = spawnSync(process.execPath, ['-e', '0']).pid;

describe('record/leftovers', () => {
  const models = mkdtempSync(join(tmpdir(), 'leftovers-torn-'));
  const torn = join(models, 'torn.mp4');
  let folder = '';
  let clock: FakeClock;

  before(async () => {
    const encoder = await (await openLibavBackend()).openEncoder({ path: torn, width: 64, height: 64, fps: { num: 25, den: 1 }, crf: 30, preset: 'ultrafast', threads: 1 });
    const planes = { width: 64, height: 64, planes: [new Uint8Array(4096), new Uint8Array(1024), new Uint8Array(1024)] as const, strides: [64, 32, 32] as const };
    for (let n = 0; n < FRAMES; n += 1) await encoder.write(planes, n * 40_000);
    await encoder.destroy();
  });
  after(() => { rmSync(models, { recursive: true }); });
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'leftovers-'));
    clock = new FakeClock();
  });
  afterEach(() => { rmSync(folder, { recursive: true }); });

  async function leave(name: string, { owner, bytes }: { owner?: number; bytes?: Uint8Array } = {}): Promise<string> {
    const part = join(folder, `.${name}.part.mp4`);
    if (bytes === undefined) copyFileSync(torn, part);
    else writeFileSync(part, bytes);
    if (owner !== undefined) writeFileSync(`${part}.owner`, await ownedBy(owner));
    return part;
  }

  type Told = { finished: { path: string; frames: number }[]; troubles: string[] };
  function finishing(options: Partial<LeftoverOptions> = {}): Told & { done: Promise<void> } {
    const told: Told = { finished: [], troubles: [] };
    const done = finishLeftovers({
      template: { path: join(folder, '{stream}.mp4') }, firstNumber: 1, clock, signal: new AbortController().signal,
      onFinished: (file) => { told.finished.push(file); },
      onTrouble: (message) => { told.troubles.push(message); },
      ...options,
    });
    return { ...told, done };
  }
  const names = (): string[] => readdirSync(folder).sort();

  it('what a process of this machine left is finished at once, and its name is not taken twice', async () => {
    await leave('gate.mp4', { owner: GONE });
    writeFileSync(join(folder, 'gate.mp4'), 'of yesterday');
    const { done, finished, troubles } = finishing();
    await done;
    assert.deepEqual(names(), ['gate-2.mp4', 'gate.mp4']);
    assert.equal(finished[0]?.path, join(folder, 'gate-2.mp4'));
    assert.ok(finished[0].frames >= 50 && finished[0].frames <= FRAMES, String(finished[0].frames));
    assert.deepEqual(troubles, []);
  });

  it('where the next recording writes over the name, the leftover gets -2', async () => {
    await leave('gate.mp4', { owner: GONE });
    await finishing({ firstNumber: 2 }).done;
    assert.deepEqual(names(), ['gate-2.mp4']);
  });

  it('what a living process writes is left alone, as is what moves within half a minute', async () => {
    const alive = await leave('alive.mp4', { owner: process.pid });
    const foreign = await leave('foreign.mp4');
    const program = await leave('program.mp4');
    writeFileSync(`${program}.owner`, await ownedBy(GONE, { programPid: process.pid }));
    const { done, finished } = finishing();
    await untilAsleep();
    for (const part of [alive, foreign, program]) utimesSync(part, 1_800_000_000, 1_800_000_000);
    clock.advance(30_000);
    await done;
    assert.deepEqual(finished, []);
    assert.deepEqual(names(), ['.alive.mp4.part.mp4', '.alive.mp4.part.mp4.owner', '.foreign.mp4.part.mp4', '.program.mp4.part.mp4', '.program.mp4.part.mp4.owner']);
  });

  it('of another machine, or without an owner that can be read, it is left when its time has stood still', async () => {
    const part = await leave('far.mp4');
    writeFileSync(`${part}.owner`, '{"machine":"elsewhere","pid":1}');
    for (const [name, owner] of [['a', '{"pid":'], ['b', 'null'], ['c', '{"pid":-1}'], ['d', '[]'], ['e', await ownedBy(GONE, { programPid: 0 })]] as const) writeFileSync(`${await leave(`${name}.mp4`)}.owner`, owner);
    const { done, finished } = finishing();
    await untilAsleep();
    assert.deepEqual(finished, []);
    clock.advance(30_000);
    await done;
    assert.deepEqual(names(), ['a.mp4', 'b.mp4', 'c.mp4', 'd.mp4', 'e.mp4', 'far.mp4']);
  });

  it('without a whole fragment it is removed, what is no video stays, with a word', async () => {
    await leave('short.mp4', { owner: GONE, bytes: (await readFile(torn)).subarray(0, 300) });
    await leave('empty.mp4', { owner: GONE, bytes: new Uint8Array() });
    await leave('text.mp4', { owner: GONE, bytes: Buffer.from('this is no video, whatever its name says') });
    const { done, finished, troubles } = finishing();
    await done;
    assert.deepEqual(finished, []);
    assert.equal(troubles.length, 1);
    assert.match(troubles[0] ?? '', /no video.*\.broken/);
    assert.match(names().join(), /^\.text\.mp4\.part-\w+\.mp4\.broken$/);
  });

  it('several at it at once finish each file once', async () => {
    for (let n = 0; n < 8; n += 1) await leave(`${n}.mp4`, { owner: GONE });
    const all = Array.from({ length: 4 }, () => finishing());
    let running = all.length;
    const done = Promise.all(all.map((one) => one.done.finally(() => { running -= 1; })));
    // time passes only when all have their names: half a minute is long for who finishes a file
    while (names().filter((name) => !name.startsWith('.')).length < 8) await turn();
    while (running > 0) {
      clock.advance(30_000);
      await turn();
    }
    await done;
    assert.deepEqual(all.flatMap(({ finished }) => finished.map(({ path }) => path)).sort(), Array.from({ length: 8 }, (_, n) => join(folder, `${n}.mp4`)));
    assert.deepEqual(all.flatMap(({ troubles }) => troubles), []);
  });

  it('looks where the template leads, and nowhere else', async () => {
    for (const place of ['2026-01-31', 'notes', '2026-01-31/deeper']) {
      mkdirSync(join(folder, place), { recursive: true });
      copyFileSync(torn, join(folder, place, '.x.mp4.part.mp4'));
      writeFileSync(join(folder, place, '.x.mp4.part.mp4.owner'), await ownedBy(GONE));
    }
    const { done, finished } = finishing({ template: { path: '{date}/{stream}.mp4', baseFolder: folder } });
    await done;
    assert.deepEqual(finished.map(({ path }) => path), [join(folder, '2026-01-31/x.mp4')]);
  });

  it('a folder that is not there is no trouble', async () => {
    const { done, troubles } = finishing({ template: { path: join(folder, 'none/{stream}/x.mp4') } });
    await done;
    assert.deepEqual(troubles, []);
  });

  /** Until `finishLeftovers` has looked at the files and waits. */
  async function untilAsleep(): Promise<void> {
    while (clock.sleepers === 0) await turn();
  }
});
