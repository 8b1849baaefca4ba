import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryFolder } from '../support/tfjs.js';
import { badgeOf, deploy, duringDeploy, fakes, send, settle, startFlow, statuses, stopFlow, take } from './flow-runner.js';

type Node = Record<string, unknown> & { id: string };

const node = (id: string, type: string, rest: Record<string, unknown> = {}): Node => ({ id, type, z: 't1', x: 1, y: 1, wires: [[]], ...rest });

/** An algo whose second output goes to a function that answers as `func` says, and to a collector. */
function flow(func = 'msg.payload = msg.payload.length; return msg;', changes: Record<string, Record<string, unknown>> = {}): Node[] {
  const nodes = [
    { id: 't1', type: 'tab', label: 'T' },
    node('s1', 'stream-source', { name: 'Gate', location: '/v/gate.mp4', wires: [['a1']] }),
    node('a1', 'stream-algo', { name: 'mine', kind: 'flow', outputs: 2, wires: [['results'], ['frames', 'f1']] }),
    node('f1', 'function', { func, outputs: 1, libs: [], wires: [['a1']] }),
    node('results', 'collect'),
    node('frames', 'collect'),
    node('c2', 'stream-dispatcher', { wires: [[], []] }),
  ];
  return nodes.map((given) => ({ ...given, ...changes[given.id] }));
}

const STREAM = 's1:default';
const SILENT = 'return null;';

describe('an algo of kind flow', () => {
  afterEach(stopFlow);

  it('gives the frames by its second output, and takes the answer at its input', async () => {
    await startFlow(flow());
    fakes.engine.ask(STREAM, 'a1', { requestId: 'r1', bytes: [[255, 216, 7]] });
    await settle();
    const [message] = take('frames');
    const { _msgid, ...rest } = message ?? assert.fail();
    assert.equal(typeof _msgid, 'string');
    const { payload, stream, ...facts } = rest;
    assert.ok(Buffer.isBuffer(payload));
    assert.deepEqual([...payload], [255, 216, 7]);
    assert.deepEqual(facts, {
      topic: 'Gate', image: { format: 'jpeg', width: 320, height: 180 }, algo: 'a1', position: 0,
      frame: { index: 1, sourceIndex: 0, pts: 0, width: 640, height: 360 }, _stream: { algo: 'a1', stream: STREAM, request: 'r1' },
    });
    assert.equal((stream as { name: string }).name, 'Gate');
    assert.deepEqual(fakes.engine.answers, [{ requestId: 'r1', streamId: STREAM, algoId: 'a1', result: 3 }]);
    assert.deepEqual(take('results'), [], 'the result comes from the engine');
  });

  it('several frames are a list of Buffers, oldest first', async () => {
    await startFlow(flow('msg.payload = msg.payload.map((one) => one[0]); return msg;'));
    fakes.engine.ask(STREAM, 'a1', { requestId: 'r1', bytes: [[1], [2], [3]] });
    await settle();
    assert.deepEqual(fakes.engine.answers.map((answer) => 'result' in answer && answer.result), [[1, 2, 3]]);
    assert.equal((take('frames')[0]?.['frame'] as { index: number }).index, 3, 'of the newest');
  });

  const ANSWERS: readonly { why: string; func: string; outcome: object }[] = [
    { why: 'a payload that is missing is no result', func: 'delete msg.payload; return msg;', outcome: { result: null } },
    { why: 'an error text', func: 'msg.error = "500"; return msg;', outcome: { error: '500' } },
    { why: 'an error object', func: 'msg.error = new Error("no route"); return msg;', outcome: { error: 'no route' } },
    { why: 'an error as Catch has it', func: 'msg.error = { message: "bad", source: { id: "x" } }; return msg;', outcome: { error: 'bad' } },
    { why: 'an error of another kind', func: 'msg.error = { status: 7 }; return msg;', outcome: { error: '{"status":7}' } },
    { why: 'an error that is none', func: 'msg.error = null; msg.payload = 1; return msg;', outcome: { result: 1 } },
    { why: 'an action as result is a result', func: 'msg.payload = { action: "explode" }; return msg;', outcome: { result: { action: 'explode' } } },
    { why: 'a function in the result', func: 'msg.payload = { draw: () => 1 }; return msg;', outcome: { error: 'result.draw is no plain data and cannot be handed on (() => 1 could not be cloned.)' } },
  ];
  for (const { why, func, outcome } of ANSWERS) {
    it(why, async () => {
      await startFlow(flow(func));
      fakes.engine.ask(STREAM, 'a1', { requestId: 'r1' });
      await settle();
      assert.deepEqual(fakes.engine.answers, [{ requestId: 'r1', streamId: STREAM, algoId: 'a1', ...outcome }]);
    });
  }

  const NO_ANSWERS: readonly { why: string; message: Record<string, unknown> }[] = [
    { why: 'of another algo', message: { _stream: { algo: 'a2', stream: STREAM, request: 'r1' } } },
    { why: 'without a request', message: { _stream: { algo: 'a1', stream: STREAM } } },
    { why: 'with a number for one', message: { _stream: { algo: 'a1', stream: STREAM, request: 7 } } },
    { why: 'that is text', message: { _stream: 'r1' } },
    { why: 'that is null', message: { _stream: null } },
    { why: 'not there', message: {} },
  ];
  for (const { why, message } of NO_ANSWERS) {
    it(`a mark ${why}: the message passes by`, async () => {
      await startFlow(flow(SILENT));
      fakes.engine.ask(STREAM, 'a1', { requestId: 'r1' });
      await send('a1', { payload: 1, ...message });
      assert.deepEqual(fakes.engine.answers, []);
    });
  }

  it('an answer that comes too late, twice or to nothing is ignored and counted', async () => {
    await startFlow(flow(SILENT));
    fakes.engine.event(STREAM, { event: 'started', stream: { id: STREAM, name: 'Gate', mode: 'realtime', fps: 25, width: 640, height: 360, epoch: 0 }, backend: 'libav', live: false, threads: { decode: 1, encode: 1 } });
    const mark = (request: string): Record<string, unknown> => ({ payload: 1, _stream: { algo: 'a1', stream: STREAM, request } });
    fakes.engine.ask(STREAM, 'a1', { requestId: 'r1' });
    fakes.engine.ask(STREAM, 'a1', { requestId: 'r2' });
    fakes.engine.handlers.onFlowOver?.('r1');
    for (const request of ['r1', 'r2', 'r2', 'r3']) await send('a1', mark(request));
    assert.deepEqual(fakes.engine.answers.map(({ requestId }) => requestId), ['r2']);
    fakes.engine.result(STREAM, 'a1', [1]);
    assert.match(statuses.findLast(({ id }) => id === 'a1')?.status.text ?? badgeOf('a1') ?? '', /3 late/);
  });

  it('without a wire at its second output it fails at once', async () => {
    await startFlow(flow(SILENT, { a1: { wires: [['results'], []] } }));
    fakes.engine.ask(STREAM, 'a1', { requestId: 'r1' });
    await settle();
    assert.deepEqual(fakes.engine.answers.map(({ error }) => error), ['nothing is wired to the second output, which gives the frames to the flow']);
  });

  for (const type of ['full', 'flows', 'nodes'] as const) {
    it(`${type} deploy: frames under way are sent again if the node was made anew, and asked only once if not`, async () => {
      await startFlow(flow(SILENT));
      fakes.engine.ask(STREAM, 'a1', { requestId: 'r1' });
      await settle();
      take('frames');
      duringDeploy(() => { fakes.engine.ask(STREAM, 'a1', { requestId: 'r2' }); });
      fakes.takeCalls();
      await deploy(flow('msg.payload = 5; return msg;'), type);
      assert.deepEqual(fakes.takeCalls(), [], 'the stream plays on');
      const answered = fakes.engine.answers.map(({ requestId }) => requestId).sort();
      // of "nodes" only the function is new: its message is lost, the algo knows nothing of that
      assert.deepEqual(answered, type === 'nodes' ? ['r2'] : ['r1', 'r2']);
      assert.equal(take('frames').length, answered.length);
    });
  }

  it('requests of a stream that ended, or of an engine that crashed, are not asked again', async () => {
    await startFlow(flow(SILENT));
    fakes.engine.ask(STREAM, 'a1', { requestId: 'r1' });
    fakes.engine.end(STREAM, 'finished');
    fakes.engine.ask(STREAM, 'a1', { requestId: 'r2' });
    fakes.engine.handlers.onEngine?.({ event: 'crashed', restartIn: 1 });
    take('frames');
    await deploy(flow('msg.payload = 5; return msg;'), 'full');
    assert.deepEqual(fakes.engine.answers, []);
  });

  it('its second output declares no pipeline', async () => {
    await startFlow(flow(SILENT, { a1: { wires: [['results'], ['c2']] } }));
    assert.equal(badgeOf('c2'), 'no source');
  });
});

describe('an algo of kind code', () => {
  afterEach(stopFlow);

  it('its texts are part of the plan; another text is another stream', async () => {
    await startFlow(flow('', { a1: { kind: 'code', code: 'return 1;', codeSetup: 'context.state.n = 1;', outputs: 1 } }));
    const [algo] = fakes.engine.plans.get(STREAM)?.algos ?? [];
    assert.deepEqual(algo?.kind === 'code' && [algo.setup, algo.code, algo.close, typeof algo.baseFolder], ['context.state.n = 1;', 'return 1;', '', 'string']);
    fakes.takeCalls();
    await deploy(flow('', { a1: { kind: 'code', code: 'return 2;', outputs: 1 } }), 'nodes');
    assert.deepEqual(fakes.takeCalls(), [`start ${STREAM}`]);
  });

  it('a mistake of syntax is shown with its line, and plays nothing', async () => {
    await startFlow(flow('', { a1: { kind: 'code', code: 'const a = 1;\nreturn a +;', outputs: 1 } }));
    assert.deepEqual(fakes.takeCalls(), []);
    assert.match(badgeOf('a1') ?? '', /^code: Unexpected token ';' \(Run:2\)/);
    await deploy(flow('', { a1: { kind: 'code', code: '', outputs: 1 } }), 'nodes');
    assert.match(badgeOf('a1') ?? '', /^code: expected JavaScript that returns the result/);
  });
});

describe('an algo of kind module', () => {
  afterEach(stopFlow);

  it('a deploy starts only the streams whose module has changed', async () => {
    const folder = await temporaryFolder();
    const write = (name: string, text: string): void => { writeFileSync(join(folder, name), text); };
    write('one.js', 'module.exports = () => require("./part.js");');
    write('part.js', 'module.exports = 1;');
    write('two.ts', 'export default (): number => 2;');
    const given = [
      { id: 't1', type: 'tab', label: 'T' },
      { id: 'e1', type: 'stream-engine', moduleFolder: folder },
      node('s1', 'stream-source', { location: '/v/1.mp4', engine: 'e1', wires: [['a1']] }),
      node('a1', 'stream-algo', { kind: 'module', module: 'one.js' }),
      node('s2', 'stream-source', { location: '/v/2.mp4', engine: 'e1', wires: [['a2']] }),
      node('a2', 'stream-algo', { kind: 'module', module: 'two.ts' }),
    ];
    await startFlow(given);
    fakes.takeCalls();
    for (const type of ['full', 'nodes'] as const) await deploy(given, type);
    assert.deepEqual(fakes.takeCalls(), []);
    write('part.js', 'module.exports = 10;');
    for (const type of ['nodes', 'full'] as const) await deploy(given, type);
    assert.deepEqual(fakes.takeCalls(), ['start s1:default']);
    write('two.ts', 'export default (): number => 20;');
    await deploy(given, 'flows');
    assert.deepEqual(fakes.takeCalls(), ['start s2:default']);
  });
});
