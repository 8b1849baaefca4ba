import assert from 'node:assert/strict';

import { statusOf } from '../../../dist/nodes/shared/badge.js';
import { ResultBadges, StreamBadges } from '../../../dist/nodes/shared/left-out.js';
import type { AlgoResult } from '../../../dist/runtime/index.js';
import { NO_TOTALS } from '../../../dist/runtime/base/index.js';
import { FakeClock } from '../../support/fake-clock.js';

const echo = (key: string): string => key;
const STREAM = { id: 's', name: 's', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 } as const;

describe('what a stream’s badge says of frames left out', () => {
  let clock: FakeClock;
  let badges: StreamBadges;
  beforeEach(() => {
    clock = new FakeClock();
    badges = new StreamBadges(clock);
  });
  const start = (streamId = 's'): void => {
    badges.after({ streamId, event: 'started', stream: STREAM, backend: 'libav', live: true, threads: { decode: 1, encode: 1 } });
  };
  const drop = (counts: Record<string, number>, algo?: string): void => {
    assert.equal(badges.after({ streamId: 's', event: 'dropped', counts, ...(algo !== undefined && { algo }) }), undefined);
  };
  const shown = (streamId = 's'): string | undefined => {
    const badge = badges.after({ streamId, event: 'progress', position: 1, fps: 25 });
    return badge && statusOf(badge, echo).text;
  };

  it('nothing where nothing is', () => {
    start();
    assert.equal(shown(), '25 fps');
    drop({ late: 0 });
    assert.equal(shown(), '25 fps');
  });

  it('how many, by cause', () => {
    start();
    drop({ late: 12 });
    assert.equal(shown(), '25 fps · 12 late');
    drop({ late: 12, decode: 2, network: 3 });
    assert.equal(shown(), '25 fps · 12 late · 3 lost · 2 not decoded');
  });

  it('behind how far a file is, too', () => {
    start();
    drop({ late: 1 });
    const badge = badges.after({ streamId: 's', event: 'progress', position: 1, fps: 25, percent: 42 }) ?? assert.fail();
    assert.equal(statusOf(badge, echo).text, '42 % · 1 late');
  });

  it('only of the last minute', () => {
    start();
    drop({ late: 12 });
    clock.advance(40_000);
    drop({ late: 15 });
    assert.equal(shown(), '25 fps · 15 late');
    clock.advance(25_000);
    assert.equal(shown(), '25 fps · 3 late');
    clock.advance(60_000);
    assert.equal(shown(), '25 fps');
  });

  it('an algo’s turns are no frames, and other streams have their own', () => {
    start();
    start('t');
    drop({ late: 5 });
    drop({ busy: 9 }, 'a');
    assert.equal(shown(), '25 fps · 5 late');
    assert.equal(shown('t'), '25 fps');
  });

  it('counts begin anew with a start', () => {
    start();
    drop({ late: 50 });
    start();
    drop({ late: 2 });
    assert.equal(shown(), '25 fps · 2 late');
  });

  it('a node that came in the middle counts from there', () => {
    drop({ late: 5000 });
    assert.equal(shown(), '25 fps');
    drop({ late: 5001 });
    assert.equal(shown(), '25 fps · 1 late');
  });

  it('of a picture that is none, in yellow and first, until it is well or the stream begins anew', () => {
    const look = (): string => {
      const badge = badges.after({ streamId: 's', event: 'progress', position: 1, fps: 25 });
      const status = badge && statusOf(badge, echo);
      return `${String(status?.fill)} ${String(status?.text)}`;
    };
    start();
    badges.after({ streamId: 's', event: 'picture', state: 'frozen', seconds: 10 });
    drop({ network: 3 });
    assert.equal(look(), 'yellow 25 fps · picture frozen · 3 lost');
    badges.after({ streamId: 's', event: 'picture', state: 'ok', seconds: 15 });
    assert.equal(look(), 'green 25 fps · 3 lost');
    badges.after({ streamId: 's', event: 'picture', state: 'black', seconds: 10 });
    assert.equal(look(), 'yellow 25 fps · picture black · 3 lost');
    start();
    assert.equal(look(), 'green 25 fps');
  });

  it('an end says nothing of it', () => {
    start();
    drop({ late: 5 });
    const badge = badges.after({ streamId: 's', event: 'ended', reason: 'finished', totals: NO_TOTALS }) ?? assert.fail();
    assert.equal(statusOf(badge, echo).text, 'ended');
  });
});

describe('what an algo’s badge says of turns left out', () => {
  const RESULT = { result: [{ label: 'person' }], timing: { inferenceMs: 24, latencyMs: 30 } } as unknown as AlgoResult;
  const shown = (badges: ResultBadges): string | undefined => statusOf(badges.after(RESULT), echo).text;

  it('their part of all turns of the last minute', () => {
    const clock = new FakeClock();
    const badges = new ResultBadges(clock);
    badges.reset();
    for (let i = 0; i < 5; i++) shown(badges);
    assert.equal(shown(badges), '1 person · 24 ms');
    badges.skipped({ busy: 1, restarted: 2, failed: 7, still: 90 });
    assert.equal(shown(badges), '1 person · 24 ms · skips 30 %');
    clock.advance(61_000);
    assert.equal(shown(badges), '1 person · 24 ms');
  });

  it('in the words of the catalog', () => {
    const badges = new ResultBadges(new FakeClock());
    badges.reset();
    badges.skipped({ busy: 1 });
    const translate = (key: string, values?: Readonly<Record<string, unknown>>): string => `${key}(${Object.values(values ?? {}).join()})`;
    assert.equal(statusOf(badges.after(RESULT), translate).text, 'badge.result(1 person,24) · badge.skips(50)');
  });

  it('what was before the node came does not count, what was before a start neither', () => {
    const badges = new ResultBadges(new FakeClock());
    badges.skipped({ busy: 999 });
    assert.equal(shown(badges), '1 person · 24 ms');
    badges.skipped({ busy: 1000 });
    assert.equal(shown(badges), '1 person · 24 ms · skips 33 %');
    badges.reset();
    assert.equal(shown(badges), '1 person · 24 ms');
  });
});
