import assert from 'node:assert/strict';
import { resolve } from 'node:path';

import type { RedMessage } from '../../dist/nodes/shared/red.js';
import { badgeOf, fakes, get, send, settle, startFlow, stopFlow, take } from './flow-runner.js';

type Node = Record<string, unknown> & { id: string };

const node = (id: string, type: string, rest: Record<string, unknown> = {}): Node => ({ id, type, z: 't1', x: 1, y: 1, wires: [[]], ...rest });

/** One stream with everything on it; `caught` gets what goes wrong. */
const FLOW: Node[] = [
  { id: 't1', type: 'tab', label: 'T' },
  node('s1', 'stream-source', { name: 'Gate', location: 'rtsp://cam/1', wires: [['p1']] }),
  node('p1', 'stream-producer', { fps: '10', wires: [['a1', 'd1']] }),
  node('a1', 'stream-algo', { name: 'motion', kind: 'motion', wires: [['f1', 'results', 'r1', 'p1']] }),
  node('f1', 'function', { func: 'msg.seen = true; return msg;', outputs: 1, wires: [['d1']] }),
  node('d1', 'stream-dispatcher', { keep: 2, wires: [['out1'], ['out2']] }),
  node('r1', 'stream-recorder', { path: 'x.mp4', wires: [['recordings']] }),
  node('catch', 'catch', { scope: null, uncaught: false, wires: [['caught']] }),
  ...['results', 'out1', 'out2', 'recordings', 'caught'].map((id) => node(id, 'collect')),
];

function caught(): string[] {
  return take('caught').map((message) => {
    const { message: text, code, source } = message['error'] as { message: string; code: string; source: { id: string } };
    return `${source.id} ${code} ${text}`;
  });
}

describe('messages', () => {
  beforeEach(async () => {
    await startFlow(FLOW, { s1: { username: 'u', password: 'p' } });
    fakes.takeCalls();
  });
  afterEach(stopFlow);

  it('credentials reach the plan and no message', async () => {
    const plan = fakes.engine.plans.get('s1:p1');
    assert.deepEqual([plan?.source.username, plan?.source.password, plan?.source.location], ['u', 'p', 'rtsp://cam/1']);
    fakes.engine.result('s1:p1', 'a1');
    fakes.engine.end('s1:p1', 'failed');
    await settle();
    assert.ok(!JSON.stringify([take('results'), take('out1'), take('out2'), take('caught')]).includes('"p"'));
  });

  it('a result is an ordinary message', async () => {
    const detections = [{ label: 'person', score: 0.9, box: { xmin: 1, ymin: 2, xmax: 3, ymax: 4 }, classId: 0 }];
    fakes.engine.result('s1:p1', 'a1', detections);
    await settle();
    const [message] = take('results');
    assert.equal(typeof message?.['_msgid'], 'string');
    assert.deepEqual({ ...message, _msgid: '' }, {
      _msgid: '',
      topic: 'Gate',
      payload: detections,
      algo: 'motion',
      position: 0,
      frame: { index: 1, sourceIndex: 0, pts: 0, width: 640, height: 360 },
      stream: { id: 's1:p1', name: 'Gate', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 },
      timing: { inferenceMs: 24, latencyMs: 30 },
    });
    assert.equal(badgeOf('a1'), '1 person · 24 ms');
  });

  it('results pass algos, producers and recorders by', async () => {
    fakes.engine.result('s1:p1', 'a1');
    await settle();
    assert.deepEqual(caught(), []);
    assert.deepEqual(fakes.takeCalls(), []);
  });

  it('a dispatcher hands results on in order, whatever stood between', async () => {
    for (const payload of [1, 2, 3]) fakes.engine.result('s1:p1', 'a1', [payload]);
    await settle();
    assert.deepEqual(take('out1').map(({ payload, seen }) => [payload, seen]), [[[1], true], [[2], true], [[3], true]]);
  });

  const QUERIES: readonly { query: object; expected: unknown[] }[] = [
    { query: { query: 'last' }, expected: [[3]] },
    { query: { query: 'all' }, expected: [[2], [3]] },
    { query: { query: 'all', algo: 'motion', stream: 'Gate' }, expected: [[2], [3]] },
    { query: { query: 'all', algo: 'other' }, expected: [] },
  ];
  for (const { query, expected } of QUERIES) {
    it(`a dispatcher answers ${JSON.stringify(query)}`, async () => {
      for (const payload of [1, 2, 3]) fakes.engine.result('s1:p1', 'a1', [payload]);
      await settle();
      take('out1');
      await send('d1', { payload: query, from: 'me' });
      const [answer, ...more] = take('out1');
      assert.deepEqual(more, []);
      assert.deepEqual((answer?.['payload'] as { payload: unknown }[]).map(({ payload }) => payload), expected);
      assert.deepEqual([answer?.['query'], answer?.['from']], [query, 'me']);
    });
  }

  it('a question may clear what it asks for', async () => {
    fakes.engine.result('s1:p1', 'a1');
    await settle();
    take('out1');
    await send('d1', { payload: { query: 'last', clear: true } });
    await send('d1', { payload: { query: 'all' } });
    assert.deepEqual(take('out1').map(({ payload }) => (payload as unknown[]).length), [1, 0]);
  });

  it('the second output tells how the stream fares', async () => {
    const { engine } = fakes;
    const stream = { id: 's1:p1', name: 'Gate', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 } as const;
    engine.event('s1:p1', { event: 'connecting', location: 'rtsp://cam/1', attempt: 1 });
    engine.event('s1:p1', { event: 'started', stream, backend: 'libav', live: true, threads: { decode: 1, encode: 2 } });
    engine.event('s1:p1', { event: 'progress', position: 1, fps: 25 });
    engine.event('s1:p1', { event: 'stalled', error: { code: 'SOURCE_TIMEOUT', message: 'no frame' }, retryIn: 2 });
    engine.event('s1:p1', { event: 'reconnected', stream, attempts: 1 });
    engine.event('s1:p1', { event: 'picture', state: 'frozen', seconds: 10 });
    engine.event('s1:p1', { event: 'dropped', algo: 'motion', algoId: 'a1', counts: { busy: 3 } });
    engine.event('s1:p1', { event: 'error', error: { code: 'ALGO_RUN_FAILED', message: 'bang' }, algoId: 'a1', fatal: false });
    engine.event('s1:p1', { event: 'recording', recorderId: 'r1', state: 'started', path: '/user/x.mp4' });
    engine.end('s1:p1', 'finished');
    await settle();
    const told = take('out2');
    assert.deepEqual(told.map(({ payload }) => payload), [
      { event: 'started', stream, backend: 'libav', live: true, threads: { decode: 1, encode: 2 } },
      { event: 'progress', position: 1, fps: 25 },
      { event: 'stalled', code: 'SOURCE_TIMEOUT', message: 'no frame', retryIn: 2 },
      { event: 'reconnected', stream, attempts: 1 },
      { event: 'picture', state: 'frozen', seconds: 10 },
      { event: 'dropped', algo: 'motion', algoId: 'a1', counts: { busy: 3 } },
      { event: 'error', code: 'ALGO_RUN_FAILED', message: 'bang', algoId: 'a1', fatal: false },
      { event: 'ended', reason: 'finished', frames: { decoded: 9, skipped: 0, thinned: 0, delivered: 9, converted: 0, dropped: {} }, algos: {}, recorded: [], unrecorded: {}, seconds: 1 },
    ]);
    assert.deepEqual(told.map(({ topic }) => topic), Array(8).fill('Gate'));
    assert.deepEqual(told.map(({ complete }) => complete), [...(Array(7).fill(undefined) as undefined[]), true]);
  });

  it('a recorder tells what becomes of its files', async () => {
    fakes.engine.event('s1:p1', { event: 'recording', recorderId: 'r1', state: 'started', path: '/user/x.mp4' });
    fakes.engine.event('s1:p1', { event: 'progress', position: 75, fps: 25 });
    fakes.engine.event('s1:p1', { event: 'recording', recorderId: 'r1', state: 'finished', path: '/user/x.mp4', frames: 9 });
    fakes.engine.event('s1:p1', { event: 'recording', recorderId: 'r1', state: 'recovered', path: '/user/torn.mp4', frames: 7 });
    fakes.engine.event('s1:p1', { event: 'recording', recorderId: 'other', state: 'started', path: '/user/y.mp4' });
    await settle();
    assert.deepEqual(take('recordings').map(({ topic, payload }) => [topic, payload]), [
      ['Gate', { event: 'recording', state: 'started', path: '/user/x.mp4' }],
      ['Gate', { event: 'recording', state: 'finished', path: '/user/x.mp4', frames: 9 }],
      ['Gate', { event: 'recording', state: 'recovered', path: '/user/torn.mp4', frames: 7 }],
    ]);
    assert.equal(badgeOf('r1'), '● 00:00');
  });

  const BACKGROUND: readonly { why: string; event: Parameters<typeof fakes.engine.event>[1]; node: string }[] = [
    { why: "an algo's error", event: { event: 'error', error: { code: 'ALGO_RUN_FAILED', message: 'bang' }, algoId: 'a1', fatal: false }, node: 'a1' },
    { why: "a recorder's error", event: { event: 'error', error: { code: 'RECORD_WRITE_FAILED', message: 'disk full' }, recorderId: 'r1', fatal: false }, node: 'r1' },
    { why: "the stream's error", event: { event: 'error', error: { code: 'SOURCE_OPEN_FAILED', message: 'no' }, fatal: true }, node: 's1' },
  ];
  for (const { why, event, node: id } of BACKGROUND) {
    it(`${why} goes to Catch nodes and the badge of its node, once`, async () => {
      fakes.engine.event('s1:p1', event);
      fakes.engine.event('s1:p1', event);
      await settle();
      const messages = take('caught');
      assert.equal(messages.length, 1);
      const [{ topic, payload, error } = {}] = messages;
      assert.ok(event.event === 'error');
      assert.deepEqual([topic, payload], ['Gate', { event: 'error', ...event.error }]);
      assert.equal((error as { source: { id: string } }).source.id, id);
      assert.equal(badgeOf(id), event.error.message);
    });
  }

  it('what is wrong with a model stays on the badge when its source opens and plays', async () => {
    const stream = { id: 's1:p1', name: 'Gate', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 } as const;
    fakes.engine.event('s1:p1', { event: 'error', error: { code: 'MODEL_NOT_FOUND', message: 'no model at /x.onnx' }, algoId: 'a1', fatal: false });
    fakes.engine.event('s1:p1', { event: 'connecting', location: 'clip.mp4', attempt: 1 });
    fakes.engine.event('s1:p1', { event: 'started', stream, backend: 'libav', live: false, threads: { decode: 1, encode: 2 } });
    fakes.engine.event('s1:p1', { event: 'progress', position: 1, fps: 25 });
    await settle();
    assert.equal(badgeOf('a1'), 'no model at /x.onnx');
  });

  it('a stream that starts again may fail again', async () => {
    const stream = { id: 's1:p1', name: 'Gate', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 } as const;
    const fail = (): void => {
      fakes.engine.event('s1:p1', { event: 'error', error: { code: 'SOURCE_OPEN_FAILED', message: 'open it: no' }, fatal: true });
      fakes.engine.end('s1:p1', 'failed');
    };
    fail();
    fakes.engine.event('s1:p1', { event: 'started', stream, backend: 'libav', live: true, threads: { decode: 1, encode: 2 } });
    fail();
    await settle();
    assert.deepEqual(caught(), Array(2).fill('s1 SOURCE_OPEN_FAILED open it: no'));
  });

  it("an engine's crash shows on every node, and is told once", async () => {
    fakes.engine.handlers.onEngine?.({ event: 'crashed', message: 'the engine process ended: SIGSEGV', restartIn: 1.5 });
    await settle();
    for (const id of ['s1', 'p1', 'a1', 'd1', 'r1']) assert.equal(badgeOf(id), 'engine crashed, restart in 2 s');
    assert.deepEqual(caught(), ['s1 ENGINE_CRASHED the engine process ended: SIGSEGV']);
    assert.deepEqual(take('out2').map(({ payload }) => payload), [
      { event: 'error', code: 'ENGINE_CRASHED', message: 'the engine process ended: SIGSEGV', fatal: false },
    ]);
  });

  const OBEYED: readonly { id: string; payload: unknown; calls: string[] }[] = [
    { id: 's1', payload: { action: 'stop' }, calls: ['stop s1:p1'] },
    { id: 's1', payload: { action: 'pause' }, calls: ['s1:p1 {"action":"pause"}'] },
    { id: 's1', payload: { action: 'resume' }, calls: ['s1:p1 {"action":"resume"}'] },
    { id: 's1', payload: { action: 'seek', position: 3.5 }, calls: ['s1:p1 {"action":"seek","position":3.5}'] },
    { id: 's1', payload: { action: 'start' }, calls: ['start s1:p1'] },
    { id: 's1', payload: 'v/other.mp4', calls: ['start s1:p1'] },
    { id: 'a1', payload: { action: 'enable' }, calls: ['s1:p1 {"action":"algo","algoId":"a1","do":"enable"}'] },
    { id: 'a1', payload: { action: 'disable' }, calls: ['s1:p1 {"action":"algo","algoId":"a1","do":"disable"}'] },
    { id: 'a1', payload: { action: 'run' }, calls: ['s1:p1 {"action":"algo","algoId":"a1","do":"run"}'] },
    { id: 'a1', payload: { action: 'set', interval: 2, scoreThreshold: 0.5 }, calls: ['s1:p1 {"action":"algo","algoId":"a1","do":"set","interval":2,"scoreThreshold":0.5}'] },
    { id: 'r1', payload: { action: 'start' }, calls: ['s1:p1 {"action":"recorder","recorderId":"r1","do":"start"}'] },
    { id: 'r1', payload: { action: 'stop' }, calls: ['s1:p1 {"action":"recorder","recorderId":"r1","do":"stop"}'] },
    { id: 'p1', payload: { action: 'stop' }, calls: [] },
    { id: 'a1', payload: 'anything', calls: [] },
    { id: 'r1', payload: null, calls: [] },
    { id: 'a1', payload: undefined, calls: [] },
  ];
  for (const { id, payload, calls } of OBEYED) {
    it(`${id} given ${JSON.stringify(payload)} tells the engine ${calls.join(', ') || 'nothing'}`, async () => {
      await send(id, { payload });
      assert.deepEqual(fakes.takeCalls(), calls);
      assert.deepEqual(caught(), []);
    });
  }

  it('a message says where, how and from when', async () => {
    await send('s1', { payload: { action: 'start', location: 'v/a.mp4', mode: 'offline', fps: 5, position: 2 } });
    const plan = fakes.engine.plans.get('s1:p1');
    assert.deepEqual([plan?.source.location, plan?.mode, plan?.producer.fps, plan?.source.position], [resolve('v/a.mp4'), 'offline', 5, 2]);
    assert.equal(plan?.source.password, undefined);
    fakes.takeCalls();
    await send('s1', { payload: { action: 'start', location: 'v/a.mp4', mode: 'offline', fps: 5, position: 2 } });
    assert.deepEqual(fakes.takeCalls(), ['stop s1:p1', 'start s1:p1']);
    await send('s1', { payload: { action: 'start' } });
    assert.equal(fakes.engine.plans.get('s1:p1')?.source.location, 'rtsp://cam/1');
  });

  it('what does not play obeys nothing', async () => {
    await send('s1', { payload: { action: 'stop' } });
    for (const [id, action] of [['s1', 'pause'], ['a1', 'run'], ['r1', 'start']] as const) await send(id, { payload: { action } });
    assert.deepEqual(caught().map((text) => text.slice(0, 16)), ['s1 STATE_INVALID', 'a1 STATE_INVALID', 'r1 STATE_INVALID']);
    await send('s1', { payload: { action: 'start' } });
    assert.deepEqual(fakes.takeCalls(), ['stop s1:p1', 'start s1:p1']);
  });

  const BAD: readonly { id: string; message: RedMessage; text: RegExp }[] = [
    { id: 's1', message: {}, text: /^s1 OPTION_INVALID payload: expected a location as text/ },
    { id: 's1', message: { payload: 1_700_000_000_000 }, text: /payload: expected a location as text/ },
    { id: 's1', message: { payload: null }, text: /payload: expected a location/ },
    { id: 's1', message: { payload: [] }, text: /payload: expected a location/ },
    { id: 's1', message: { payload: {} }, text: /payload: expected a location/ },
    { id: 's1', message: { payload: '' }, text: /payload\.location: / },
    { id: 's1', message: { payload: 'x'.repeat(5000) }, text: /payload\.location: / },
    { id: 's1', message: { payload: { action: 'explode' } }, text: /payload\.action: / },
    { id: 's1', message: { payload: { action: 7 } }, text: /payload\.action: / },
    { id: 's1', message: { payload: { action: 'start', fps: -1 } }, text: /payload\.fps: / },
    { id: 's1', message: { payload: { action: 'start', fps: NaN } }, text: /payload\.fps: / },
    { id: 's1', message: { payload: { action: 'start', mode: 'fast' } }, text: /payload\.mode: / },
    { id: 's1', message: { payload: { action: 'start', location: 5 } }, text: /payload\.location: / },
    { id: 's1', message: { payload: { action: 'start', speed: 2 } }, text: /speed/ },
    { id: 's1', message: { payload: { action: 'seek' } }, text: /payload\.position: / },
    { id: 's1', message: { payload: { action: 'seek', position: '3' } }, text: /payload\.position: / },
    { id: 'a1', message: { payload: { action: 'explode' } }, text: /^a1 OPTION_INVALID payload\.action: / },
    { id: 'a1', message: { payload: { action: 'set' } }, text: /expected interval, scoreThreshold or iouThreshold/ },
    { id: 'a1', message: { payload: { action: 'set', interval: -1 } }, text: /payload\.interval: / },
    { id: 'a1', message: { payload: { action: 'set', scoreThreshold: 2 } }, text: /payload\.scoreThreshold: / },
    { id: 'r1', message: { payload: { action: 'pause' } }, text: /^r1 OPTION_INVALID payload\.action: / },
    { id: 'd1', message: {}, text: /^d1 OPTION_INVALID expected a result of a stream-algo/ },
    { id: 'd1', message: { payload: { query: 'first' } }, text: /query: / },
    { id: 'd1', message: { payload: { query: 'last', clear: 'yes' } }, text: /clear: / },
    { id: 'd1', message: { payload: [], algo: 'x', stream: 'y' }, text: /stream: / },
    { id: 'd1', message: { payload: [], algo: 'x', stream: { id: 's' } }, text: /position: / },
  ];
  for (const { id, message, text } of BAD) {
    it(`${id} given ${JSON.stringify(message).slice(0, 80)} says what is wrong, to Catch nodes`, async () => {
      await send(id, message);
      const [told, ...more] = caught();
      assert.match(told ?? '', text);
      assert.deepEqual(more, []);
      assert.deepEqual(fakes.takeCalls(), []);
      assert.deepEqual(take('out1'), []);
    });
  }

  it('the editor is told of models', async () => {
    const catalogue = (await get('/stream-infer/catalogue')) as { name: string; bytes: number }[];
    assert.ok(catalogue.some(({ name, bytes }) => name === 'yolox-nano' && bytes > 0));
    assert.ok(Array.isArray(await get('/stream-infer/models')));
  });
});

describe('messages to nodes that are in no stream', () => {
  afterEach(stopFlow);

  it('are answered with why', async () => {
    await startFlow([
      { id: 't1', type: 'tab', label: 'T' },
      node('s1', 'stream-source', { location: 'test:' }),
      node('a1', 'stream-algo', { kind: 'motion' }),
      node('s2', 'stream-source', { location: 'test:', start: 'message', wires: [['p2']] }),
      node('p2', 'stream-producer', { width: 'wide' }),
      node('catch', 'catch', { scope: null, uncaught: false, wires: [['caught']] }),
      node('caught', 'collect'),
    ]);
    take('caught');
    await send('s1', { payload: { action: 'start' } });
    await send('a1', { payload: { action: 'run' } });
    await send('s2', { payload: { action: 'start' } });
    const told = caught();
    assert.match(told[0] ?? '', /^s1 STATE_INVALID start: no producer or algo/);
    assert.match(told[1] ?? '', /^a1 STATE_INVALID no stream/);
    assert.match(told[2] ?? '', /^s2 OPTION_INVALID width: /);
    assert.deepEqual(fakes.engines, []);
  });

  it('a source that waits for its location is no error', async () => {
    await startFlow([
      { id: 't1', type: 'tab', label: 'T' },
      node('s1', 'stream-source', { location: '', start: 'message', wires: [['p1']] }),
      node('p1', 'stream-producer'),
      node('catch', 'catch', { scope: null, uncaught: false, wires: [['caught']] }),
      node('caught', 'collect'),
    ]);
    assert.equal(badgeOf('s1'), 'waits for a message');
    await send('s1', { payload: { action: 'start' } });
    assert.match(caught()[0] ?? '', /^s1 OPTION_INVALID location: /);
    await send('s1', { payload: 'v/a.mp4' });
    assert.deepEqual(fakes.takeCalls(), ['start s1:p1']);
    assert.equal(fakes.engine.plans.get('s1:p1')?.name, resolve('v/a.mp4'));
  });
});
