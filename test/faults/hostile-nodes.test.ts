import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { hasData } from '../support/data.js';
import { type FlowNode, TapReader, withTaps } from '../support/flows.js';
import { targetOf } from '../support/hostile/many.js';
import { hostileModels, memoryEater } from '../support/hostile/models.js';
import { mediaTargets, modelTargets } from '../support/hostile/seeds.js';
import { mutated } from '../support/mutations/index.js';
import { type NodeRed, startNodeRed } from '../support/node-red.js';

/** Streams of broken videos, and of broken models, that one flow plays. */
const [VIDEOS, MODELS] = [10, 8];

/** What code in an algo gives at each run. */
const ANSWERS = [
  'let deep = 1; for (let i = 0; i < 100000; i += 1) deep = [deep]; return deep;',
  'const a = {}; a.self = a; return a;',
  'return Array.from({ length: 1000000 }, (_, i) => ({ label: "x", score: 1, classId: 0, box: { xmin: i, ymin: 0, xmax: i + 9, ymax: 9 } }));',
  'return "x".repeat(80 * 2 ** 20);',
];

/** Bodies of functions that make a payload to be sent to nodes. */
const PAYLOADS: Readonly<Record<string, string>> = {
  deep: 'let deep = { action: "start" }; for (let i = 0; i < 100000; i += 1) deep = { action: deep }; return deep;',
  circle: 'const a = { action: "start", location: "x" }; a.location = a; return a;',
  long: 'return "x".repeat(50 * 2 ** 20);',
  bytes: 'return Buffer.alloc(50 * 2 ** 20);',
  list: 'return Array.from({ length: 50000 }, (_, i) => ({ label: "x", score: i, box: { xmin: NaN } }));',
  getter: 'return Object.defineProperty({}, "action", { enumerable: true, get() { throw new Error("got you"); } });',
  proxy: 'return new Proxy({}, { get() { throw new Error("got you"); }, ownKeys() { throw new Error("got you"); } });',
  odd: 'return { action: "seek", position: NaN };',
  big: 'return { action: "set", interval: 2n ** 80n };',
};

type Caught = { readonly error: { readonly message: string; readonly source: { readonly id: string } }; readonly payload?: { readonly code?: string } };

describe('Node-RED with broken and hostile files, models and messages', function () {
  this.timeout(180_000);
  let red: NodeRed;
  let taps: TapReader;
  before(async function () {
    if (!hasData) this.skip();
    red = await startNodeRed();
    taps = new TapReader(red);
  });
  after(async () => { await (red as NodeRed | undefined)?.stop(); });

  const at = { z: 'tab', x: 100, y: 100 };
  const good = { z: 'good', x: 100, y: 100 };
  const save = (name: string, bytes: Uint8Array): string => {
    writeFileSync(join(red.userDir, name), bytes);
    return join(red.userDir, name);
  };

  function stream(id: string, source: object, algo: object): FlowNode[] {
    return [
      { id: `source-${id}`, type: 'stream-source', ...at, mode: 'offline', engine: 'hostile-engine', ...source, wires: [[`producer-${id}`]] },
      { id: `producer-${id}`, type: 'stream-producer', ...at, wires: [[`algo-${id}`]] },
      { id: `algo-${id}`, type: 'stream-algo', name: `algo ${id}`, ...at, interval: 0.2, ...algo, wires: [['results']] },
    ];
  }

  function flow(): FlowNode[] {
    const [videos, models] = [mediaTargets(), modelTargets()];
    const broken = (name: string, bytes: Uint8Array, seed: number): string => save(`${String(seed)}${extname(name)}`, mutated(bytes, name, seed));
    const played = Array.from({ length: VIDEOS }, (_, i) => {
      const { name, bytes } = targetOf(videos, 9000 + i);
      return stream(`video-${String(i)}`, { location: broken(name, bytes, 9000 + i) }, { kind: 'motion' });
    });
    const test = { location: 'test:?width=320&height=240&fps=5&seconds=1' };
    const run = Array.from({ length: MODELS }, (_, i) => {
      const { name, bytes } = targetOf(models, 9500 + i);
      return stream(`model-${String(i)}`, test, { kind: 'onnx', model: broken(name, bytes, 9500 + i) });
    });
    const answered = ANSWERS.map((code, i) => stream(`code-${String(i)}`, test, { kind: 'code', code }));
    return [
      { id: 'tab', type: 'tab', label: 'Hostile' },
      { id: 'hostile-engine', type: 'stream-engine', name: 'hostile', threads: 2 },
      ...[...played, ...run, ...answered].flat(),
      { id: 'results', type: 'stream-dispatcher', name: 'hostile results', ...at, wires: [[], []] },
      ...goodStream(),
      ...attack(),
    ];
  }

  function goodStream(): FlowNode[] {
    return [
      { id: 'good', type: 'tab', label: 'Good' },
      // nobody looks at what it catches, but Node-RED copies each message for it
      { id: 'good-catch', type: 'catch', ...good, scope: null, uncaught: false, wires: [[]] },
      { id: 'good-source', type: 'stream-source', name: 'good', ...good, location: 'test:?fps=10', mode: 'realtime', wires: [['good-producer']] },
      { id: 'good-producer', type: 'stream-producer', ...good, wires: [['good-algo']] },
      { id: 'good-algo', type: 'stream-algo', name: 'good motion', ...good, kind: 'motion', interval: 0.2, wires: [['good-results', 'good-recorder']] },
      { id: 'good-results', type: 'stream-dispatcher', name: 'good results', ...good, wires: [[], []] },
      { id: 'good-recorder', type: 'stream-recorder', ...good, start: 'message', wires: [[]] },
    ];
  }

  /** GET /attack/WHAT makes that payload and sends it to each kind of node. */
  function attack(): FlowNode[] {
    const makers = Object.entries(PAYLOADS).map(([what, body]) => `${JSON.stringify(what)}: () => { ${body} }`).join(',');
    const func = `const make = { ${makers} }[msg.req.params.what]; const payload = make();\n// not cloned: Node-RED's own clone would be the first to fall\nnode.send([{ payload }, { payload }, { payload }, { payload }, { payload }], false);\nnode.send([null, null, null, null, null, { req: msg.req, res: msg.res, payload: 'sent' }], false);`;
    return [
      { id: 'attack-in', type: 'http in', ...good, url: '/attack/:what', method: 'get', wires: [['attack']] },
      { id: 'attack', type: 'function', ...good, func, outputs: 6, libs: [], wires: [['good-source'], ['good-producer'], ['good-algo'], ['good-recorder'], ['good-results'], ['attack-out']] },
      { id: 'attack-out', type: 'http response', ...good, wires: [] },
    ];
  }

  const caught = (): Caught[] => taps.all('caught').map(({ message }) => message as unknown as Caught);
  const ended = (): string[] => taps.payloads<{ event: string; streamId?: string }>('news').filter(({ event }) => event === 'ended').map((news) => JSON.stringify(news));
  /** Grows while the good stream plays. */
  const goesOn = async (what: string): Promise<void> => {
    const before = taps.all('results').length;
    await taps.until(`results after ${what}`, () => taps.all('results').length > before + 3);
  };
  const memoryMb = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${String(red.process.pid)}/status`, 'utf8'))?.[1] ?? 0) / 1024;

  it('every stream ends, or is told why it cannot; the good one and Node-RED go on', async () => {
    const nodes = withTaps(flow(), {
      results: { node: 'good results' },
      news: { node: 'hostile results', output: 1 },
      caught: { node: 'hostile results', of: 'catch' },
    });
    await red.admin('/flows', { method: 'POST', body: JSON.stringify(nodes) });
    const streams = VIDEOS + MODELS + ANSWERS.length;
    await taps.until('end of all streams', () => ended().length >= streams, 60);
    await goesOn('hostile streams');
    assert.equal(ended().filter((text) => text.includes('ENGINE_CRASHED')).length, 0);
    const wrong = caught().filter(({ payload }) => !/^(SOURCE|MODEL|ALGO)_/.test(payload?.code ?? ''));
    assert.deepEqual(wrong.map(({ error }) => error.message), []);
    for (const [i] of ANSWERS.entries()) {
      assert.ok(caught().some(({ error, payload }) => error.source.id === `algo-code-${String(i)}` && payload?.code === 'ALGO_RUN_FAILED'), `answer ${String(i)} was refused`);
    }
  });

  it('the form\'s test of a hostile model or file answers with what is wrong', async () => {
    const test = async (model: string, location: string): Promise<{ status: number; body: { code: string; message: string } }> => {
      const response = await fetch(`${red.url}/stream-infer/test-model`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ config: { model }, location }) });
      return { status: response.status, body: (await response.json()) as { code: string; message: string } };
    };
    const [, first] = hostileModels();
    const bad = await test(save('bad.onnx', first?.bytes ?? Buffer.alloc(0)), 'test:');
    assert.deepEqual([bad.status, bad.body.code], [422, 'MODEL_LOAD_FAILED'], bad.body.message);
    const { name, bytes } = targetOf(mediaTargets(), 9001);
    const video = await test(save('fine.onnx', memoryEater([1, 1])), save(`half${extname(name)}`, bytes.subarray(0, 60)));
    assert.equal(video.status, 422);
    assert.match(video.body.code, /^SOURCE_/);
  });

  for (const what of Object.keys(PAYLOADS)) {
    it(`a message that is sent to every node takes none along: ${what}`, async () => {
      // Node-RED's own nodes may give no answer to such a message; what counts is that it goes on
      await fetch(`${red.url}/attack/${what}`, { signal: AbortSignal.timeout(1000) }).catch(() => undefined);
      assert.equal((await red.admin('/settings')).status, 200);
      assert.equal(red.process.exitCode, null);
    });
  }

  it('nothing of it was left in Node-RED: neither an error that nobody caught nor its memory', () => {
    assert.doesNotMatch(red.logs.join('\n'), /Uncaught|uncaughtException|UnhandledPromise/);
    assert.ok(memoryMb() < 1500, `${String(Math.round(memoryMb()))} MB`);
  });
});
