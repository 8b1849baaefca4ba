import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { recorderSchema } from '../../../dist/runtime/base/plan.js';
import { Retention } from '../../../dist/runtime/record/index.js';
import { FakeClock } from '../../support/fake-clock.js';

const HOUR = 3600;

/** A clock whose date can be set. */
class SetClock extends FakeClock {
  aheadMs = 0;
  override date(): Date {
    const date = super.date();
    date.setTime(date.getTime() + this.aheadMs);
    return date;
  }
}

describe('record/retention', () => {
  let folder: string;
  let clock: SetClock;
  let told: string[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'retention-'));
    clock = new SetClock();
    told = [];
  });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  function retention(rules: { keepFor?: number; keepSize?: number; kind?: 'run' | 'segments' }, path = '{stream}-{date}-{time}', streamName = 'cam'): Retention {
    return new Retention({ plan: recorderSchema.parse({ id: 'r', path, baseFolder: folder, ...rules }), streamName, clock, onTrouble: (message) => { told.push(message); } });
  }

  /** A file of so many bytes that was written so many seconds ago. */
  function put(name: string, ageS: number, bytes = 1000): void {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, Buffer.alloc(bytes));
    const date = clock.date();
    date.setTime(date.getTime() - ageS * 1000);
    utimesSync(path, date, date);
  }

  it('removes what is too old, and what is too much, the oldest first', async () => {
    for (let hour = 1; hour <= 9; hour += 1) put(`cam-2026-01-31-0${hour}-00-00.mp4`, (10 - hour) * HOUR);
    await retention({ keepFor: 5.5 * HOUR }).check();
    assert.deepEqual(readdirSync(folder).map((name) => name[16]), ['5', '6', '7', '8', '9']);
    await retention({ keepSize: 2500 }).check();
    assert.deepEqual(readdirSync(folder).map((name) => name[16]), ['8', '9']);
    assert.deepEqual(told, []);
  });

  it('touches nothing that is not its own: other names, other streams, the one being written, links, other folders', async () => {
    const others = [
      'holiday.mp4', 'cam-2026-01-31.mp4', 'cam-2-2026-01-31-01-00-00.mp4', 'camera-2026-01-31-01-00-00.mp4', 'Cam-2026-01-31-01-00-00.mp4', 'cam-2026-01-31-01-00-00.mp4.txt',
      '.cam-2026-01-31-01-00-00.mp4.part.mp4', 'x-cam-2026-01-31-01-00-00.mp4', 'sub/cam-2026-01-31-01-00-00.mp4', 'elsewhere/video.mp4',
    ];
    for (const name of others) put(name, 1000 * HOUR);
    symlinkSync(join(folder, 'elsewhere/video.mp4'), join(folder, 'cam-2026-01-31-02-00-00.mp4'));
    mkdirSync(join(folder, 'cam-2026-01-31-03-00-00.mp4'));
    const own = ['cam-2026-01-31-01-00-00.mp4', 'cam-2026-01-31-01-00-00-2.mp4', 'cam-2026-01-31-01-00-00-13.MP4'];
    for (const name of own) put(name, 1000 * HOUR);
    const before = readdirSync(folder, { recursive: true }).length;
    await retention({ keepFor: HOUR, keepSize: 1 }).check();
    for (const name of own) assert.ok(!existsSync(join(folder, name)), name);
    for (const name of others) assert.ok(existsSync(join(folder, name)), name);
    assert.equal(readdirSync(folder, { recursive: true }).length, before - own.length);
    assert.equal(await retention({ keepFor: HOUR }).makeRoom(), false, 'nothing of its own is left');
  });

  it('finds its files in folders that the path names, and follows no link out of them', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    try {
      writeFileSync(join(outside, '01-00-00.mp4'), 'x');
      utimesSync(join(outside, '01-00-00.mp4'), 0, 0);
      for (const name of ['cam/2026-01-30/01-00-00.mp4', 'cam/2026-01-31/01-00-00.mp4', 'yard/2026-01-30/01-00-00.mp4', 'cam/notes/01-00-00.mp4']) put(name, 1000 * HOUR);
      symlinkSync(outside, join(folder, 'cam/2026-01-29'));
      await retention({ keepFor: HOUR }, '{stream}/{date}/{time}').check();
      assert.ok(existsSync(join(outside, '01-00-00.mp4')));
      const left = readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith('.mp4') && !name.includes('2026-01-29'));
      assert.deepEqual(left.sort(), ['cam/notes/01-00-00.mp4', 'yard/2026-01-30/01-00-00.mp4']);
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('names that mean something in a pattern, and words that are none, are no way out', async () => {
    for (const stream of ['.*', '{date}', '(a|b)+', '[^x]']) {
      put('2026-01-31-2026-01-31-01-00-00.mp4', 1000 * HOUR);
      put('b-2026-01-31-01-00-00.mp4', 1000 * HOUR);
      await retention({ keepFor: HOUR }, '{stream}-{date}-{time}', stream).check();
    }
    await retention({ keepFor: HOUR }, '{anything}').check();
    assert.equal(readdirSync(folder).length, 2);
  });

  it('without a rule nothing is ever removed, a full disk or not', async () => {
    put('cam-2026-01-31-01-00-00.mp4', 1e6 * HOUR);
    const none = retention({ kind: 'segments' });
    await none.check();
    await none.run(AbortSignal.timeout(60_000));
    assert.equal(await none.makeRoom(), false);
    assert.equal(readdirSync(folder).length, 1);
  });

  it('a full disk: the oldest file goes, one at a time', async () => {
    for (const [index, hour] of ['03', '01', '02'].entries()) put(`cam-2026-01-31-${hour}-00-00.mp4`, (3 - index) * HOUR);
    assert.equal(await retention({ keepFor: 1e6 }).makeRoom(), true);
    assert.deepEqual(readdirSync(folder), ['cam-2026-01-31-01-00-00.mp4', 'cam-2026-01-31-02-00-00.mp4']);
  });

  it('a clock that jumps ahead removes nothing until that has lasted; one that jumps back removes nothing', async () => {
    for (const age of [1, 2, 3]) put(`cam-2026-01-31-0${age}-00-00.mp4`, age * HOUR);
    const own = retention({ keepFor: 24 * HOUR });
    clock.aheadMs = 365 * 24 * HOUR * 1000;
    await own.check();
    assert.equal(readdirSync(folder).length, 3, 'a year ahead');
    clock.advance(59 * 60_000);
    await own.check();
    assert.equal(readdirSync(folder).length, 3, 'for an hour');
    clock.aheadMs = -365 * 24 * HOUR * 1000;
    await own.check();
    assert.equal(readdirSync(folder).length, 3, 'a year back');
    clock.aheadMs = 0;
    await own.check();
    clock.aheadMs = 365 * 24 * HOUR * 1000;
    await own.check();
    clock.advance(61 * 60_000);
    await own.check();
    assert.equal(readdirSync(folder).length, 0, 'it is that late indeed');
  });

  it('looks every minute until it is stopped', async () => {
    const stop = new AbortController();
    put('cam-2026-01-31-01-00-00.mp4', HOUR - 90);
    const running = retention({ keepFor: HOUR }).run(stop.signal);
    for (let minute = 0; minute < 5 && readdirSync(folder).length > 0; minute += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      clock.advance(60_000);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(readdirSync(folder).length, 0);
    stop.abort();
    await running;
  });
});
