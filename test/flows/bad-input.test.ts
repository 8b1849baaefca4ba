import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { dataPath, hasData } from '../support/data.js';
import { BEACH, TapReader, withTaps, type FlowNode } from '../support/flows.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';
import { startRtspServer, type RtspServer } from '../support/servers/index.js';

/** A stream with something wrong in it, and what must be told about it. */
type Case = {
  readonly what: string;
  readonly source?: object;
  readonly producer?: object;
  readonly algo?: object;
  readonly recorder?: object;
  /** Codes that the error may have; told by a node of `by`. */
  readonly code: string;
  readonly by: 'source' | 'producer' | 'algo' | 'dispatcher' | 'recorder';
  readonly text?: RegExp;
};

type Caught = { readonly error: { readonly message: string; readonly source: { readonly id: string } }; readonly payload?: { readonly code?: string } };

const FIXTURE = resolve(__dirname, '../fixtures/algos/window-algo.cjs');

describe('bad input in one stream', function () {
  this.timeout(180_000);
  let folder: string;
  let rtsp: RtspServer | undefined;
  let nodeRed: NodeRed | undefined;

  before(async function () {
    if (!hasData) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'stream-infer-bad-'));
    rtsp = await startRtspServer({ file: BEACH, auth: { username: 'admin', password: 'right' } });
    writeFileSync(join(folder, 'empty.mp4'), '');
    writeFileSync(join(folder, 'text.mp4'), 'This is a letter to my aunt.\n'.repeat(50));
    writeFileSync(join(folder, 'unknown-codec.mp4'), withUnknownCodec(readFileSync(BEACH)));
    writeFileSync(join(folder, 'half-model.onnx'), readFileSync(dataPath('models/det/yolox_nano_416.onnx')).subarray(0, 100_000));
    mkdirSync(join(folder, 'directory'));
  });

  after(async () => {
    await nodeRed?.stop();
    await rtsp?.stop();
    if (hasData) await rm(folder, { recursive: true, force: true });
  });

  function cases(): Case[] {
    const file = (name: string): object => ({ location: join(folder, name) });
    const module = (name: string, kwargs: object, more: object = {}): object => ({ kind: 'module', module: 'window-algo.cjs', export: name, kwargs: JSON.stringify(kwargs), ...more });
    return [
      { what: 'missing file', source: file('missing.mp4'), code: 'SOURCE_NOT_FOUND', by: 'source' },
      { what: 'directory', source: file('directory'), code: 'SOURCE_NOT_FOUND', by: 'source' },
      { what: 'empty file', source: file('empty.mp4'), code: 'SOURCE_OPEN_FAILED', by: 'source' },
      { what: 'text file', source: file('text.mp4'), code: 'SOURCE_OPEN_FAILED', by: 'source' },
      { what: 'truncated mp4', source: { location: dataPath('videos/odd/truncated.mp4') }, code: 'SOURCE_OPEN_FAILED', by: 'source' },
      { what: 'audio only', source: { location: dataPath('videos/odd/no_video_audio_only.m4a') }, code: 'SOURCE_NO_VIDEO', by: 'source' },
      { what: 'unknown codec', source: file('unknown-codec.mp4'), code: 'SOURCE_CODEC_UNSUPPORTED', by: 'source' },
      { what: 'unreachable host', source: { location: 'http://127.0.0.1:9/v.mp4' }, code: 'SOURCE_OPEN_FAILED', by: 'source' },
      { what: 'wrong RTSP password', source: { location: rtsp?.url, mode: 'realtime', credentials: { username: 'admin', password: 'wr0ng' } }, code: 'SOURCE_AUTH_FAILED', by: 'source' },
      { what: 'corrupt model', algo: { kind: 'onnx', model: join(folder, 'half-model.onnx') }, code: 'MODEL_LOAD_FAILED', by: 'algo' },
      { what: 'unsupported model', algo: { kind: 'onnx', model: dataPath('models/tiny/triton_simple_int32_addsub.onnx') }, code: 'MODEL_UNSUPPORTED', by: 'algo' },
      { what: 'missing model', algo: { kind: 'onnx', model: join(folder, 'none.onnx') }, code: 'MODEL_NOT_FOUND', by: 'algo' },
      { what: 'module missing', algo: { kind: 'module', module: 'none.cjs' }, code: 'MODULE_LOAD_FAILED', by: 'algo' },
      { what: 'module throws in open', algo: module('ThrowingAlgo', { where: 'open' }), code: 'ALGO_OPEN_FAILED', by: 'algo', text: /open broke/ },
      { what: 'module throws in run', algo: module('ThrowingAlgo', { where: 'run' }), code: 'ALGO_RUN_FAILED', by: 'algo', text: /run broke/ },
      { what: 'module that throws in close, and a recorder that cannot open', algo: module('ThrowingAlgo', { where: 'close' }), recorder: { path: join(folder, 'text.mp4/x.mp4') }, code: 'RECORD_OPEN_FAILED', by: 'recorder' },
      { what: 'module that never returns', algo: module('StuckAlgo', { spin: true }, { timeout: 1 }), code: 'ALGO_TIMEOUT', by: 'algo' },
      { what: 'code with a mistake of syntax', algo: { kind: 'code', code: 'const a = 1;\nreturn (a;' }, code: 'OPTION_INVALID', by: 'algo', text: /^code: .*\(Run:2\)/ },
      { what: 'code whose setup throws', algo: { kind: 'code', codeSetup: 'require("no-such-package-here")', code: 'return 1' }, code: 'ALGO_OPEN_FAILED', by: 'algo', text: /Setup:1/ },
      { what: 'code that throws', algo: { kind: 'code', code: '\nthrow new Error("no GPU");' }, code: 'ALGO_RUN_FAILED', by: 'algo', text: /no GPU \(Run:2:7\)$/ },
      { what: 'code that never returns', algo: { kind: 'code', code: 'for (;;);', timeout: 1 }, code: 'ALGO_TIMEOUT', by: 'algo' },
      { what: 'flow that leads nowhere', algo: { kind: 'flow', outputs: 2 }, code: 'ALGO_RUN_FAILED', by: 'algo', text: /nothing is wired to the second output/ },
      { what: 'flow without room', algo: { kind: 'flow', outputs: 2, flowLimit: 0 }, code: 'OPTION_INVALID', by: 'algo', text: /limit/ },
      { what: 'recorder path that cannot be', recorder: { path: join(folder, 'text.mp4/below/a-file.mp4') }, code: 'RECORD_OPEN_FAILED', by: 'recorder' },
      { what: 'recorder path without permission', recorder: { path: '/proc/recording.mp4' }, code: 'RECORD_OPEN_FAILED', by: 'recorder' },
      { what: 'negative width', producer: { width: -4 }, code: 'OPTION_INVALID', by: 'producer', text: /width/ },
      { what: 'huge rate', producer: { fps: 1e12 }, code: 'OPTION_INVALID', by: 'producer', text: /fps/ },
      { what: 'NaN as interval', algo: { kind: 'motion', interval: 'NaN' }, code: 'OPTION_INVALID', by: 'algo', text: /interval/ },
      { what: 'zero frames', algo: { kind: 'motion', frameCount: 0 }, code: 'OPTION_INVALID', by: 'algo', text: /frameCount/ },
      { what: 'score above 1', algo: { kind: 'onnx', model: 'm.onnx', scoreThreshold: 7 }, code: 'OPTION_INVALID', by: 'algo', text: /scoreThreshold/ },
      { what: 'results kept without end', code: 'OPTION_INVALID', by: 'dispatcher', text: /keep/ },
    ];
  }

  /** Inject nodes whose messages no node can obey. */
  const messages: readonly { readonly what: string; readonly to: string; readonly payload: unknown }[] = [
    { what: 'number for a source', to: 'good-source', payload: 42 },
    { what: 'empty location', to: 'good-source', payload: '' },
    { what: 'unknown action of a source', to: 'good-source', payload: { action: 'explode' } },
    { what: 'seek to nowhere', to: 'good-source', payload: { action: 'seek', position: -1 } },
    { what: 'unknown action of an algo', to: 'good-algo', payload: { action: 'explode' } },
    { what: 'threshold that is none', to: 'good-algo', payload: { action: 'set', scoreThreshold: 'high' } },
    { what: 'unknown action of a recorder', to: 'good-recorder', payload: { action: ['start'] } },
    { what: 'what is no result for a dispatcher', to: 'good-dispatcher', payload: { hello: 'world' } },
    { what: 'a query that is none', to: 'good-dispatcher', payload: { query: 7 } },
  ];

  it('is told on its node and to Catch; every other stream, and Node-RED, play on', async () => {
    const bad = cases();
    const flow = [...tab('good', 'Good'), ...tab('bad', 'Bad'), ...goodStream(), ...bad.flatMap((one, index) => badStream(index, one)), ...injects(), ...report()];
    const tapped = withTaps(flow, {
      results: { node: 'good results' },
      news: { node: 'good results', output: 1 },
      caughtGood: { node: 'good results', of: 'catch' },
      caught: { node: 'source 0', of: 'catch' },
      status: { node: 'source 0', of: 'status' },
    });
    const { server, taps } = await start(tapped);
    const caught = (): Caught[] => taps.all('caught').map(({ message }) => message as unknown as Caught);
    for (const [index, one] of bad.entries()) {
      const mine = await taps.until(`error of: ${one.what}`, () => caught().find(({ error }) => error.source.id === `${one.by}-${index}`));
      assert.equal(mine.payload?.code, one.code, `${one.what}: ${mine.error.message}`);
      assert.match(mine.error.message, one.text ?? /./, one.what);
      await taps.until(`red badge of: ${one.what}`, () => taps.all('status').some(({ message }) => {
        const { fill, source } = message['status'] as { fill?: string; source: { id: string } };
        return fill === 'red' && source.id === `${one.by}-${index}`;
      }));
    }
    for (const { what } of messages) {
      const before = taps.all('caughtGood').length;
      await server.admin(`/inject/${what.replace(/ /g, '-')}`, { method: 'POST' });
      await taps.until(`error of: ${what}`, () => taps.all('caughtGood').length > before);
    }
    assert.deepEqual(new Set(caught().map(({ error }) => error.source.id)), new Set(bad.map((one, index) => `${one.by}-${index}`)), 'told by the node whose fault it is, and by no other');
    await taps.until('word of a module that throws in close', () => server.logs.some((line) => /warn.*close broke/.test(line)));
    const results = taps.all('results').length;
    await taps.until('more results of the good stream', () => taps.all('results').length > results + 5);
    // thirty streams open at once: on a small machine the good one, which is realtime, may have to leave out a turn, and says so
    const news = taps.payloads<{ event: string; counts?: object }>('news');
    const causes = new Set(news.flatMap(({ event, counts }) => (event === 'dropped' ? Object.keys(counts ?? {}) : [])));
    assert.deepEqual([...causes].filter((cause) => cause !== 'busy' && cause !== 'late'), [], 'the good stream lost nothing by the fault of others');
    assert.deepEqual(news.map(({ event }) => event).filter((event) => event !== 'progress' && event !== 'dropped'), ['started'], 'nothing happened to the good stream');
    assert.doesNotMatch(JSON.stringify(taps.all()) + server.logs.join('\n'), /wr0ng/);

    const libraries = (await (await fetch(`${server.url}/report`)).json()) as string[];
    assert.ok(libraries.some((path) => /libc|libstdc/.test(path)), 'the report lists libraries');
    assert.deepEqual(libraries.filter((path) => /node-av|onnxruntime|avcodec|avformat|ffmpeg/i.test(path)), []);
    assert.equal(server.process.exitCode, null);
  });

  /** Credentials come by the admin API, as the editor sends them. */
  async function start(flow: readonly FlowNode[]): Promise<{ server: NodeRed; taps: TapReader }> {
    const server = await startNodeRed({ settings: { functionExternalModules: true } });
    nodeRed = server;
    await server.admin('/flows', { method: 'POST', body: JSON.stringify(flow) });
    return { server, taps: new TapReader(server) };
  }

  function badStream(index: number, { what, source = {}, producer = {}, algo = { kind: 'motion' }, recorder, by }: Case): FlowNode[] {
    const at = { z: 'bad', x: 100, y: 40 * index };
    const id = (kind: string): string => `${kind}-${index}`;
    const engine = 'kwargs' in algo || 'module' in algo ? { engine: 'module-engine' } : {};
    return [
      { id: id('source'), type: 'stream-source', name: `source ${index}`, ...at, location: 'test:?fps=10&seconds=3', mode: 'offline', ...engine, ...source, wires: [[id('producer')]] },
      { id: id('producer'), type: 'stream-producer', name: what, ...at, ...producer, wires: [[id('algo')]] },
      { id: id('algo'), type: 'stream-algo', name: `algo of ${what}`, ...at, interval: 0.5, ...algo, wires: [[id('dispatcher'), ...(recorder === undefined ? [] : [id('recorder')])]] },
      { id: id('dispatcher'), type: 'stream-dispatcher', name: `results of ${what}`, ...at, keep: by === 'dispatcher' ? 1e9 : 10, wires: [[], []] },
      ...(recorder === undefined ? [] : [{ id: id('recorder'), type: 'stream-recorder', name: `recorder of ${what}`, ...at, ...recorder, wires: [[]] }]),
    ];
  }

  function goodStream(): FlowNode[] {
    const at = { z: 'good', x: 100, y: 40 };
    return [
      { id: 'module-engine', type: 'stream-engine', name: 'modules', moduleFolder: resolve(FIXTURE, '..') },
      { id: 'good-source', type: 'stream-source', name: 'good', ...at, location: 'test:?fps=10', mode: 'realtime', wires: [['good-producer']] },
      { id: 'good-producer', type: 'stream-producer', ...at, wires: [['good-algo']] },
      { id: 'good-algo', type: 'stream-algo', name: 'good motion', ...at, kind: 'motion', interval: 0.2, wires: [['good-dispatcher', 'good-recorder']] },
      { id: 'good-dispatcher', type: 'stream-dispatcher', name: 'good results', ...at, wires: [[], []] },
      { id: 'good-recorder', type: 'stream-recorder', ...at, start: 'message', wires: [[]] },
    ];
  }

  function injects(): FlowNode[] {
    return messages.map(({ what, to, payload }, index) => ({
      id: what.replace(/ /g, '-'), type: 'inject', z: 'good', x: 100, y: 200 + 40 * index, props: [{ p: 'payload' }], payload: JSON.stringify(payload), payloadType: 'json', wires: [[to]],
    }));
  }

  /** GET /report: the libraries that Node-RED's process has loaded. */
  function report(): FlowNode[] {
    const func = 'const libraries = processModule.report.getReport().sharedObjects;\nreturn { ...msg, payload: libraries };';
    return [
      { id: 'report-in', type: 'http in', z: 'good', x: 100, y: 800, url: '/report', method: 'get', wires: [['report']] },
      { id: 'report', type: 'function', z: 'good', x: 300, y: 800, func, outputs: 1, libs: [{ var: 'processModule', module: 'process' }], wires: [['report-out']] },
      { id: 'report-out', type: 'http response', z: 'good', x: 500, y: 800, wires: [] },
    ];
  }
});

function tab(id: string, label: string): FlowNode[] {
  return [{ id, type: 'tab', label }];
}

/** The name of the codec in a file's sample description, made one that nobody has. */
function withUnknownCodec(mp4: Buffer): Buffer {
  const changed = Buffer.from(mp4);
  for (let at = changed.indexOf('avc1'); at >= 0; at = changed.indexOf('avc1', at + 4)) changed.write('zq7x', at, 'latin1');
  return changed;
}
