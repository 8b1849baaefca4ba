import assert from 'node:assert/strict';

import { NodeBadge, openingBadge, resultBadge, statusOf, streamBadge, timeText, unreachedBadge, crashed, type Badge } from '../../../dist/nodes/shared/badge.js';
import type { RedNode, RedStatus } from '../../../dist/nodes/shared/red.js';
import { NO_TOTALS } from '../../../dist/runtime/base/index.js';
import type { AlgoResult, StreamEvent } from '../../../dist/runtime/index.js';
import { FakeClock } from '../../support/fake-clock.js';

const echo = (key: string): string => key;
const STREAM = { id: 's', name: 's', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 } as const;
const TOTALS = { ...NO_TOTALS, frames: { ...NO_TOTALS.frames, decoded: 1, delivered: 1 }, seconds: 1 };
const ERROR = { code: 'SOURCE_NOT_FOUND', message: 'open /v/x.mp4: no such file' } as const;

function look(badge: Badge | undefined): string | undefined {
  if (badge === undefined) return undefined;
  const { fill, shape, text } = statusOf(badge, echo);
  return `${fill ?? ''} ${shape ?? ''} ${text ?? ''}`;
}

type Body = StreamEvent extends infer E ? (E extends { streamId: string } ? Omit<E, 'streamId'> : never) : never;

describe('badges', () => {
  const EVENTS: readonly [Body, string | undefined][] = [
    [{ event: 'connecting', location: 'x', attempt: 1 }, 'blue ring connecting'],
    [{ event: 'started', stream: STREAM, backend: 'libav', live: true, threads: { decode: 1, encode: 2 } }, 'green dot 25 fps'],
    [{ event: 'progress', position: 1, fps: 24.96 }, 'green dot 25 fps'],
    [{ event: 'progress', position: 1, fps: 10.8 }, 'green dot 11 fps'],
    [{ event: 'progress', position: 1, fps: 2.345 }, 'green dot 2.3 fps'],
    [{ event: 'progress', position: 1, fps: 25, duration: 20, percent: 42.9, eta: 12 }, 'blue dot 42 % 00:12 left'],
    [{ event: 'progress', position: 1, fps: 25, percent: 42 }, 'blue dot 42 %'],
    [{ event: 'paused', position: 1 }, 'yellow ring paused'],
    [{ event: 'stalled', error: ERROR, retryIn: 2.4 }, 'yellow ring reconnecting in 3 s'],
    [{ event: 'reconnected', stream: STREAM, attempts: 2 }, 'green dot 25 fps'],
    [{ event: 'error', error: ERROR, fatal: true }, 'red dot open /v/x.mp4: no such file'],
    [{ event: 'error', error: ERROR, fatal: false, algoId: 'a' }, undefined],
    [{ event: 'ended', reason: 'finished', totals: TOTALS }, 'grey dot ended'],
    [{ event: 'ended', reason: 'stopped', totals: TOTALS }, 'grey ring stopped'],
    [{ event: 'ended', reason: 'failed', totals: TOTALS, error: ERROR }, 'red dot open /v/x.mp4: no such file'],
    [{ event: 'dropped', counts: { late: 1 } }, undefined],
  ];
  for (const [event, expected] of EVENTS) {
    it(`${event.event} shows ${expected ?? 'nothing new'}`, () => {
      assert.equal(look(streamBadge({ streamId: 's', ...event })), expected);
    });
  }

  const RESULTS: readonly [unknown, string][] = [
    [[{ label: 'person' }, { label: 'car' }, { label: 'person' }], 'green dot 2 person, 1 car · 24 ms'],
    [[], 'green dot 0 · 24 ms'],
    [[{ label: 'goldfish', score: 0.824, classId: 1 }, { label: 'tench', score: 0.1, classId: 0 }], 'green dot goldfish 82 % · 24 ms'],
    [[{ label: 'person', score: 0.9, box: {} }], 'green dot 1 person · 24 ms'],
    [{ any: 1 }, 'green dot 7 × · 24 ms'],
    [[1, null], 'green dot 7 × · 24 ms'],
    [null, 'green dot 7 × · 24 ms'],
  ];
  for (const [result, expected] of RESULTS) {
    it(`${JSON.stringify(result)} shows ${expected}`, () => {
      assert.equal(look(resultBadge({ result, timing: { inferenceMs: 24.4, latencyMs: 30 } } as unknown as AlgoResult, 7)), expected);
    });
  }

  it('an algo that opens shows how much of its model is here, until all is', () => {
    for (const [description, expected] of [[undefined, 'opening'], [{ downloaded: 0 }, 'fetching 0 %'], [{ downloaded: 42 }, 'fetching 42 %'], [{ downloaded: 42, licence: 'Apache-2.0' }, 'fetching 42 % · Apache-2.0'], [{ downloaded: 100 }, 'opening'], [{ downloaded: 'x' }, 'opening']] as const) {
      assert.equal(look(openingBadge(description)), `blue ring ${expected}`);
    }
  });

  it('names what stands in the way', () => {
    assert.equal(look(unreachedBadge({ why: 'unwired' }, 'other')), 'yellow ring no source');
    assert.equal(look(unreachedBadge({ why: 'unwired' }, 'source')), 'yellow ring no producer or algo');
    assert.equal(look(unreachedBadge({ why: 'blocked', by: { id: 'f', type: 'function', name: 'X' } }, 'other')), 'yellow ring X (function) stands in the way');
    assert.equal(look(unreachedBadge({ why: 'disabled', by: { id: 'f', type: 'stream-algo' } }, 'other')), 'yellow ring stream-algo is disabled');
  });

  it('a crash shows when the engine comes back', () => {
    assert.equal(look(crashed(1.2)), 'red dot engine crashed, restart in 2 s');
  });

  it("takes the catalog's words where there are any", () => {
    const translate = (key: string, values?: Readonly<Record<string, unknown>>): string => `${key}=${String(values?.['fps'])}!`;
    assert.equal(statusOf({ look: 'working', text: 'fps', values: { fps: 25 } }, translate).text, 'badge.fps=25!');
  });

  it('what is filled in is text, whatever it looks like', () => {
    const translate = (key: string, values?: Readonly<Record<string, unknown>>): string => `${key}: ${String(values?.['message'])}`;
    const message = 'open $t(badge.ended) $& __fps__ {{x}}';
    assert.equal(statusOf({ look: 'failed', text: 'error', values: { message } }, translate).text, `badge.error: ${message}`);
  });

  it('long reasons are cut', () => {
    assert.equal(statusOf({ look: 'failed', text: 'error', values: { message: 'x'.repeat(500) } }, echo).text?.length, 60);
  });

  for (const [seconds, text] of [[0, '00:00'], [75.4, '01:15'], [3675, '1:01:15'], [-3, '00:00']] as const) {
    it(`${seconds} s reads ${text}`, () => {
      assert.equal(timeText(seconds), text);
    });
  }
});

describe('NodeBadge', () => {
  function make(): { badge: NodeBadge; clock: FakeClock; shown: (string | undefined)[] } {
    const shown: (string | undefined)[] = [];
    const clock = new FakeClock();
    const node = { status: (status: RedStatus) => shown.push(status.text) } as unknown as RedNode;
    return { badge: new NodeBadge(node, echo, clock), clock, shown };
  }
  const fps = (value: number): Badge => ({ look: 'working', text: 'fps', values: { fps: value } });
  const settle = (): Promise<void> => new Promise((resolve) => { setImmediate(resolve); });

  it('updates at most twice a second, and the last one always', async () => {
    const { badge, clock, shown } = make();
    for (let i = 1; i <= 9; i += 1) badge.set('s', fps(i));
    assert.deepEqual(shown, ['1 fps']);
    clock.advance(499);
    await settle();
    assert.deepEqual(shown, ['1 fps']);
    clock.advance(1);
    await settle();
    assert.deepEqual(shown, ['1 fps', '9 fps']);
  });

  it('asks the catalog once for each text, whatever its values', () => {
    const clock = new FakeClock();
    const asked: string[] = [];
    const shown: (string | undefined)[] = [];
    const node = { status: (status: RedStatus) => shown.push(status.text) } as unknown as RedNode;
    const badge = new NodeBadge(node, (key, values) => {
      asked.push(key);
      return `${String(values?.['fps'])} Bilder/s`;
    }, clock);
    for (const value of [1, 2, 3]) {
      badge.set('s', fps(value));
      clock.advance(500);
    }
    assert.deepEqual([shown, asked], [['1 Bilder/s', '2 Bilder/s', '3 Bilder/s'], ['badge.fps']]);
  });

  it('keeps what went wrong when the stream ends, until something works again', async () => {
    const { badge, clock, shown } = make();
    const over: Badge = { look: 'over', text: 'ended' };
    badge.set('s', { look: 'failed', text: 'error', values: { message: 'run broke' } });
    badge.set('s', over);
    for (const next of [fps(2), over]) {
      clock.advance(1000);
      await settle();
      badge.set('s', next);
    }
    assert.deepEqual(shown, ['run broke', '2 fps', 'ended']);
  });

  it('does not repeat what is shown', () => {
    const { badge, clock, shown } = make();
    badge.set('s', fps(1));
    clock.advance(1000);
    badge.set('s', fps(1));
    assert.deepEqual(shown, ['1 fps']);
  });

  it('shows the most urgent of several streams, and how many are like it', () => {
    const { badge, clock, shown } = make();
    badge.set('s1', fps(1));
    clock.advance(500);
    badge.set('s2', { look: 'failed', text: 'error', values: { message: 'gone' } });
    clock.advance(500);
    badge.set('s3', fps(3));
    clock.advance(500);
    badge.keepOnly(['s1']);
    assert.deepEqual(shown, ['1 fps', 'gone (1/2)', 'gone (1/3)', '1 fps']);
  });

  it("a node's own trouble goes before its streams", () => {
    const { badge, clock, shown } = make();
    badge.set('s1', fps(1));
    clock.advance(500);
    badge.setOwn({ look: 'waiting', text: 'noSource' });
    clock.advance(500);
    badge.setOwn(undefined);
    assert.deepEqual(shown, ['1 fps', 'no source', '1 fps']);
  });

  it('a closed node is left alone', async () => {
    const { badge, clock, shown } = make();
    badge.set('s', fps(1));
    badge.set('s', fps(2));
    badge.close();
    clock.advance(1000);
    await settle();
    badge.set('s', fps(3));
    assert.deepEqual(shown, ['1 fps']);
  });
});
