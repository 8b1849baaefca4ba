import assert from 'node:assert/strict';

import { algoConfig } from '../../../dist/nodes/algo/algo.config.js';
import { algoPart } from '../../../dist/nodes/algo/algo.plan.js';
import { dispatcherConfig } from '../../../dist/nodes/dispatcher/dispatcher.config.js';
import { dispatcherPart } from '../../../dist/nodes/dispatcher/dispatcher.plan.js';
import { engineConfig } from '../../../dist/nodes/engine/engine.config.js';
import { engineSettings } from '../../../dist/nodes/engine/engine.plan.js';
import { producerConfig } from '../../../dist/nodes/producer/producer.config.js';
import { producerPart } from '../../../dist/nodes/producer/producer.plan.js';
import { recorderConfig } from '../../../dist/nodes/recorder/recorder.config.js';
import { recorderPart } from '../../../dist/nodes/recorder/recorder.plan.js';
import { defaultEngineSettings } from '../../../dist/nodes/shared/parts.js';
import { buildStream, type BuiltStream, type SourceOverrides } from '../../../dist/nodes/shared/plan-builder.js';
import type { StreamTopology } from '../../../dist/nodes/shared/topology.js';
import { sourceConfig, type SourceCredentials } from '../../../dist/nodes/source/source.config.js';
import { sourcePart } from '../../../dist/nodes/source/source.plan.js';
import type { StreamPlan } from '../../../dist/runtime/index.js';

/** What a case changes of the defaults; values as hostile flows may hold them. */
type Given = {
  source?: Record<string, unknown>;
  credentials?: SourceCredentials;
  producer?: Record<string, unknown>;
  algo?: Record<string, unknown>;
  algo2?: Record<string, unknown>;
  recorder?: Record<string, unknown>;
  dispatcher?: Record<string, unknown>;
  engine?: Record<string, unknown>;
  names?: Record<string, string>;
  overrides?: SourceOverrides;
  several?: boolean;
};

const STREAM: StreamTopology = { sourceId: 's1', producerId: 'p1', algoIds: ['a1', 'a2'], behind: {}, dispatcherIds: ['d1'], recorders: [{ id: 'r1', algoIds: ['a1'] }] };

function build(given: Given, stream: StreamTopology = STREAM): BuiltStream {
  const algo = (changes: Record<string, unknown> | undefined) => algoPart({ ...algoConfig.defaults, kind: 'motion', ...changes }, { remoteToken: 'open sesame' });
  const parts = {
    s1: () => sourcePart({ ...sourceConfig.defaults, location: '/v/cars.mp4', engine: 'e1', ...given.source }, given.credentials ?? {}),
    p1: () => producerPart({ ...producerConfig.defaults, ...given.producer }),
    a1: () => algo(given.algo),
    a2: () => algo(given.algo2),
    r1: () => recorderPart({ ...recorderConfig.defaults, ...given.recorder }),
    d1: () => dispatcherPart({ ...dispatcherConfig.defaults, ...given.dispatcher }),
  };
  return buildStream(
    stream,
    {
      node: (id) => ({ name: given.names?.[id] ?? '', part: parts[id as keyof typeof parts]() }),
      engine: (id) => (id === '' ? defaultEngineSettings('/user') : engineSettings({ ...engineConfig.defaults, ...given.engine }, { userDir: '/user', credentials: {} })),
      folder: '/user',
    },
    { several: given.several ?? false, overrides: given.overrides ?? {} },
  );
}

function planOf(given: Given, stream?: StreamTopology): StreamPlan {
  const built = build(given, stream);
  assert.ok('plan' in built, 'problems' in built ? JSON.stringify([...built.problems]) : '');
  return built.plan;
}

/** `{ a1: 'interval: …' }`. */
function problemsOf(given: Given, stream?: StreamTopology): Record<string, string> {
  const built = build(given, stream);
  assert.ok('problems' in built, 'it was built');
  return Object.fromEntries([...built.problems].map(([id, { message }]) => [id, message]));
}

describe('buildStream', () => {
  it('makes a plan of defaults alone', () => {
    const plan = planOf({});
    assert.equal(plan.id, 's1:p1');
    assert.equal(plan.sourceId, 's1', 'its streams are decoded once, those of other source nodes are not among them');
    assert.equal(plan.name, '/v/cars.mp4');
    assert.equal(plan.mode, 'realtime');
    assert.equal(plan.producer.width, undefined);
    assert.deepEqual(plan.algos.map(({ id, name, interval }) => ({ id, name, interval })), [
      { id: 'a1', name: 'motion', interval: 1 },
      { id: 'a2', name: 'motion 2', interval: 1 },
    ]);
    assert.deepEqual(plan.recorders.map(({ id, algos, draw, baseFolder, enabled }) => ({ id, algos, draw, baseFolder, enabled })), [
      { id: 'r1', algos: ['a1'], draw: true, baseFolder: '/user', enabled: true },
    ]);
  });

  it('is plain data that equals itself', () => {
    const given: Given = { algo: { kind: 'onnx', model: 'm.onnx', labels: 'person, car' } };
    assert.deepEqual(structuredClone(planOf(given)), planOf(given));
  });

  it('reads numbers and flags from text, as forms and ${ENV} give them', () => {
    const plan = planOf({
      source: { position: ' 2.5 ', priority: '-3', loop: 'true', timeout: '30', reconnect: 'false' },
      producer: { width: '640', height: '', fps: '10' },
      algo: { frameCount: '5', frameStep: '6', interval: '2', late: 'queue', lateLimit: '9', motionThreshold: '40', enabled: 'false' },
      dispatcher: { buffer: '30' },
      recorder: { crf: '30', draw: 'false', start: 'message' },
    });
    assert.equal(plan.source.position, 2.5);
    assert.equal(plan.priority, -3);
    assert.equal(plan.source.loop, true);
    assert.equal(plan.source.reconnect, false);
    assert.deepEqual([plan.producer.width, plan.producer.height, plan.producer.fps], [640, undefined, 10]);
    const [algo] = plan.algos;
    assert.deepEqual([algo?.frameCount, algo?.frameStep, algo?.interval, algo?.late, algo?.lateLimit, algo?.enabled], [5, 6, 2, 'queue', 9, false]);
    assert.equal(plan.buffer, 30);
    assert.deepEqual([plan.recorders[0]?.crf, plan.recorders[0]?.draw, plan.recorders[0]?.enabled], [30, false, false]);
  });

  const NAMES: readonly { given: Given; name: string }[] = [
    { given: { names: { s1: 'Gate' } }, name: 'Gate' },
    { given: { source: { location: 'rtsp://u:p@cam/1' } }, name: 'rtsp://cam/1' },
    { given: { names: { s1: 'Gate', p1: 'small' }, several: true }, name: 'Gate/small' },
    { given: { names: { s1: 'Gate' }, several: true }, name: 'Gate/p1' },
  ];
  for (const { given, name } of NAMES) {
    it(`calls the stream ${name}`, () => {
      assert.equal(planOf(given).name, name);
    });
  }

  const LOCATIONS: readonly { location: string; source: string }[] = [
    { location: 'cars.mp4', source: '/user/cars.mp4' },
    { location: 'frames/*.png', source: '/user/frames/*.png' },
    { location: '/v/a b.mp4', source: '/v/a b.mp4' },
    { location: 'file:///v/cars.mp4', source: 'file:///v/cars.mp4' },
    { location: 'device:/dev/video0', source: 'device:/dev/video0' },
    { location: 'test:?seconds=10', source: 'test:?seconds=10' },
    { location: ' rtsp://cam/1 ', source: 'rtsp://cam/1' },
  ];
  for (const { location, source } of LOCATIONS) {
    it(`plays ${source} for ${JSON.stringify(location)}`, () => {
      assert.equal(planOf({ source: { location } }).source.location, source);
    });
  }

  const CREDENTIALS: readonly { why: string; given: Given; expected: [string | undefined, string | undefined] }[] = [
    { why: 'those of the node', given: { source: { location: 'rtsp://cam/1' }, credentials: { username: 'u', password: ' p ' } }, expected: ['u', ' p '] },
    { why: 'those in the URL, which leave it', given: { source: { location: 'rtsp://u:p%40s@cam/1' } }, expected: ['u', 'p@s'] },
    {
      why: 'those of the node for another path of the same host',
      given: { source: { location: 'rtsp://cam/1' }, credentials: { username: 'u', password: 'p' }, overrides: { location: 'rtsp://CAM/2' } },
      expected: ['u', 'p'],
    },
    {
      why: 'none for another host that a message names',
      given: { source: { location: 'rtsp://cam/1' }, credentials: { username: 'u', password: 'p' }, overrides: { location: 'rtsp://evil/1' } },
      expected: [undefined, undefined],
    },
    {
      why: 'none for a host that only begins alike',
      given: { source: { location: 'rtsp://cam/1' }, credentials: { username: 'u', password: 'p' }, overrides: { location: 'rtsp://cam@evil/1' } },
      expected: ['cam', undefined],
    },
    {
      why: 'those of the node where only messages say what to play',
      given: { source: { location: '' }, credentials: { username: 'u', password: 'p' }, overrides: { location: 'rtsp://cam/1' } },
      expected: ['u', 'p'],
    },
  ];
  for (const { why, given, expected } of CREDENTIALS) {
    it(`takes user and password: ${why}`, () => {
      const { username, password } = planOf(given).source;
      assert.deepEqual([username, password], expected);
    });
  }

  it('a message goes before the settings', () => {
    const plan = planOf({ overrides: { location: '/v/other.mp4', mode: 'offline', fps: 5, position: 3 }, producer: { fps: 25 } });
    assert.deepEqual([plan.source.location, plan.mode, plan.producer.fps, plan.source.position], ['/v/other.mp4', 'offline', 5, 3]);
  });

  it('without a producer the defaults read the source', () => {
    const plan = planOf({}, { sourceId: 's1', algoIds: ['a1'], behind: {}, dispatcherIds: [], recorders: [] });
    assert.equal(plan.id, 's1:default');
    assert.equal(plan.producer.format, 'bgr24');
  });

  it('a recorder without algos upstream draws nothing', () => {
    const plan = planOf({}, { ...STREAM, recorders: [{ id: 'r1', algoIds: [] }] });
    assert.deepEqual([plan.recorders[0]?.draw, plan.recorders[0]?.algos], [false, []]);
  });

  it("takes what an ONNX algo's picture has to look like; nothing stays nothing", () => {
    const planned = (changes: Record<string, unknown>): unknown => {
      const [algo] = planOf({ algo: { kind: 'onnx', model: 'm.onnx', ...changes } }).algos;
      return algo?.kind === 'onnx' ? JSON.parse(JSON.stringify(algo.options.input)) : undefined;
    };
    assert.deepEqual(planned({}), { fit: 'auto', layout: 'auto', channels: 'auto', range: 'auto' });
    assert.deepEqual(
      planned({ inputWidth: '640', inputHeight: 384, inputFit: 'stretch', inputLayout: 'NHWC', inputChannels: 'bgr', inputRange: '0-1', inputMean: '0.485, 0.456,0.406', inputStd: '0.5' }),
      { width: 640, height: 384, fit: 'stretch', layout: 'NHWC', channels: 'bgr', range: '0-1', mean: [0.485, 0.456, 0.406], std: [0.5] },
    );
    assert.throws(() => planned({ inputMean: 'a, b, c' }), /options\.input\.mean\[0\]: expected number/);
  });

  it('takes the settings of a model on a server, with its token', () => {
    const [algo] = planOf({
      engine: { modelFolder: 'models' },
      algo: { kind: 'remote', remoteUrl: 'grpc://triton:8001 ', remoteProtocol: 'grpc', remoteModel: 'yolox', remoteVersion: '2', remoteHeaders: '{"X-Site":"gate"}', remoteRetries: '0', remoteConcurrency: '3', classNames: 'coco.txt', scoreThreshold: '0.5' },
    }).algos;
    assert.ok(algo?.kind === 'remote');
    assert.deepEqual([algo.name, algo.url, algo.protocol, algo.model, algo.version, algo.token, algo.headers], ['yolox', 'grpc://triton:8001', 'grpc', 'yolox', '2', 'open sesame', { 'X-Site': 'gate' }]);
    assert.deepEqual([algo.retries, algo.concurrency, algo.options.classNames, algo.options.scoreThreshold], [0, 3, '/user/models/coco.txt', 0.5]);
  });

  it('takes the settings of an address that pictures are posted to', () => {
    const [algo] = planOf({ algo: { kind: 'remote', remoteUrl: 'http://h/detect', remoteProtocol: 'json', remoteBody: 'multipart', remoteResultPath: 'predictions', remoteTokenHeader: 'X-Key' } }).algos;
    assert.ok(algo?.kind === 'remote');
    assert.deepEqual([algo.name, algo.body, algo.resultPath, algo.tokenHeader, algo.model], ['remote', 'multipart', 'predictions', 'X-Key', undefined]);
  });

  for (const [pythonModule, module] of [['mine.py', '/user/algos/mine.py'], ['sub/pack', '/user/algos/sub/pack'], ['mine', 'mine'], ['pack.algo', 'pack.algo']] as const) {
    it(`takes ${pythonModule} as ${module}, of Python`, () => {
      const [algo] = planOf({ engine: { moduleFolder: 'algos' }, algo: { kind: 'python', pythonModule, pythonClass: ' Mine ', pythonKwargs: '{"n": 1}', pythonProgram: 'venv' } }).algos;
      assert.ok(algo?.kind === 'python');
      assert.deepEqual([algo.module, algo.baseFolder, algo.class, algo.kwargs, algo.python], [module, '/user/algos', 'Mine', { n: 1 }, 'venv']);
    });
  }

  it("takes an ONNX algo's settings, and the engine's", () => {
    const plan = planOf({
      engine: { executionProviders: 'cuda, cpu', providerOptions: '{"cuda":{"deviceId":1}}', threads: '3', modelFolder: 'models', mirror: ' https://models.example.org/ ', ffmpegPath: '/opt/ffmpeg' },
      algo: { kind: 'onnx', model: 'nano.onnx', labels: 'person, car,', classNames: 'coco.txt', recognition: 'rec.onnx', characters: 'npm:models/keys.txt', scoreThreshold: '0.5', batch: '4' },
      algo2: { kind: 'onnx', model: 'catalogue:yolox-s', classNames: 'a, b' },
    });
    const [first, second] = plan.algos;
    assert.ok(first?.kind === 'onnx' && second?.kind === 'onnx');
    assert.deepEqual([first.model, first.name, second.model, second.name], ['/user/models/nano.onnx', 'nano', 'catalogue:yolox-s', 'yolox-s']);
    assert.deepEqual([first.options.labels, first.options.classNames, second.options.classNames], [['person', 'car'], '/user/models/coco.txt', ['a', 'b']]);
    assert.deepEqual([first.options.recognition, first.options.characters, second.options.recognition], ['/user/models/rec.onnx', 'npm:models/keys.txt', undefined]);
    assert.deepEqual([first.options.executionProviders, first.options.scoreThreshold, first.options.batch], [['cuda', 'cpu'], 0.5, 4]);
    assert.deepEqual(first.options.providerOptions, { cuda: { deviceId: 1 } });
    assert.equal(first.options.threads, 0, 'how the cores are divided is not the plan’s');
    assert.deepEqual([first.options.mirror, second.options.mirror], Array(2).fill('https://models.example.org/'));
    assert.equal(plan.producer.ffmpegPath, '/opt/ffmpeg');
  });

  const MODULES: readonly { module: string; path: string }[] = [
    { module: './mine.js', path: '/user/algos/mine.js' },
    { module: 'sub/mine.mjs', path: '/user/algos/sub/mine.mjs' },
    { module: '/user/algos/mine.js', path: '/user/algos/mine.js' },
    { module: 'some-package', path: 'some-package' },
    { module: '@scope/package/algo', path: '@scope/package/algo' },
  ];
  for (const { module, path } of MODULES) {
    it(`runs the module ${path} for ${module}`, () => {
      const [algo] = planOf({ engine: { moduleFolder: 'algos' }, algo: { kind: 'module', module, kwargs: '{"n": 1}' } }).algos;
      assert.ok(algo?.kind === 'module');
      assert.deepEqual([algo.module, algo.baseFolder, algo.kwargs], [path, '/user/algos', { n: 1 }]);
    });
  }

  const WRONG: readonly { why: string; given: Given; problems: Record<string, RegExp> }[] = [
    { why: 'no location', given: { source: { location: '  ' } }, problems: { s1: /^location: / } },
    { why: 'a negative position', given: { source: { position: -1 } }, problems: { s1: /^position: .*-1/ } },
    { why: 'a priority beyond all', given: { source: { priority: 11 } }, problems: { s1: /^priority: .*11/ } },
    { why: 'a huge batch', given: { algo: { kind: 'onnx', model: 'm.onnx', batch: 65 } }, problems: { a1: /^options\.batch: .*65/ } },
    { why: 'an unknown mode', given: { source: { mode: 'fast' } }, problems: { s1: /^mode: / } },
    { why: 'text for a number', given: { producer: { width: 'wide' } }, problems: { p1: /^width: .*"wide"/ } },
    { why: 'a width of zero', given: { producer: { width: 0 } }, problems: { p1: /^width: / } },
    { why: 'a huge fps', given: { producer: { fps: '1e9' } }, problems: { p1: /^fps: / } },
    { why: 'half a frame', given: { algo: { frameCount: 1.5 } }, problems: { a1: /^frameCount: / } },
    { why: 'NaN', given: { algo: { interval: NaN } }, problems: { a1: /^interval: / } },
    { why: 'no model', given: { algo: { kind: 'onnx', model: '' } }, problems: { a1: /^model: / } },
    { why: 'a score above 1', given: { algo: { kind: 'onnx', model: 'm.onnx', scoreThreshold: 2 } }, problems: { a1: /^options\.scoreThreshold: .*2/ } },
    { why: 'a module outside of its folder', given: { algo: { kind: 'module', module: '../evil.js' } }, problems: { a1: /^module: / } },
    { why: 'an absolute module outside of its folder', given: { algo: { kind: 'module', module: '/etc/evil.js' } }, problems: { a1: /^module: / } },
    { why: 'kwargs that are no JSON', given: { algo: { kind: 'module', module: 'm.js', kwargs: '{n: 1}' } }, problems: { a1: /^kwargs: / } },
    { why: 'kwargs that are no object', given: { algo: { kind: 'module', module: 'm.js', kwargs: '[1]' } }, problems: { a1: /^kwargs: / } },
    { why: 'a server of no scheme', given: { algo: { kind: 'remote', remoteUrl: 'triton:8000', remoteModel: 'm' } }, problems: { a1: /^url: expected http/ } },
    { why: 'a server without a model', given: { algo: { kind: 'remote', remoteUrl: 'http://h', remoteProtocol: 'grpc' } }, problems: { a1: /^model: / } },
    { why: 'headers that are no object', given: { algo: { kind: 'remote', remoteUrl: 'http://h', remoteModel: 'm', remoteHeaders: '[' } }, problems: { a1: /^headers: / } },
    { why: 'a Python file outside of the folder', given: { algo: { kind: 'python', pythonModule: '../evil.py' } }, problems: { a1: /^module: / } },
    { why: 'no Python file', given: { algo: { kind: 'python' } }, problems: { a1: /^module: / } },
    { why: 'a kind for library users', given: { algo: { kind: 'local' } }, problems: { a1: /^kind: / } },
    { why: 'no path', given: { recorder: { path: '' } }, problems: { r1: /^path: / } },
    { why: 'an unknown preset', given: { recorder: { preset: 'turbo' } }, problems: { r1: /^preset: / } },
    { why: 'a negative buffer', given: { dispatcher: { buffer: '-1' } }, problems: { d1: /^buffer: / } },
    { why: 'nothing to keep', given: { dispatcher: { keep: 0 } }, problems: { d1: /^keep: / } },
    { why: 'a mirror that is no URL', given: { engine: { mirror: 'here' } }, problems: { s1: /^mirror: expected the URL of a folder.*"here"/ } },
    { why: 'a mirror with a password', given: { engine: { mirror: 'https://me:hunter2@example.org/' } }, problems: { s1: /^mirror: expected a URL without user and password, got "https:\/\/me:\*\*\*@/ } },
    { why: 'an engine with too many threads', given: { engine: { threads: 1000 } }, problems: { s1: /^threads: / } },
    { why: 'two nodes at once', given: { producer: { fps: -1 }, algo2: { timeout: 0 } }, problems: { p1: /^fps: /, a2: /^timeout: / } },
  ];
  for (const { why, given, problems } of WRONG) {
    it(`names field and node: ${why}`, () => {
      const found = problemsOf(given);
      assert.deepEqual(Object.keys(found), Object.keys(problems));
      for (const [id, pattern] of Object.entries(problems)) assert.match(found[id] ?? '', pattern);
    });
  }

  it('never tells a password', () => {
    const found = problemsOf({ source: { location: 'rtsp://u:secret@cam/1', timeout: -1 }, credentials: { username: 'u', password: 'secret' } });
    assert.ok(!JSON.stringify(found).includes('secret'));
  });
});

describe('an algo wired behind an algo', () => {
  const model = { kind: 'onnx', model: 'm.onnx' };
  const behind = (algoIds: readonly string[], andStraight = false): StreamTopology => ({ ...STREAM, behind: { a2: { algoIds, andStraight } } });

  it('runs on crops of what that one detects', () => {
    const { algos } = planOf({ algo: { ...model, track: true }, algo2: { ...model, cropLabels: 'person, dog', cropMinSize: '40', cropPadding: '', cropMost: '3', cropRerun: 'new' } }, behind(['a1']));
    assert.deepEqual(algos[1] && 'crops' in algos[1] ? algos[1].crops : undefined, { of: 'a1', labels: ['person', 'dog'], minSize: 40, padding: 0.1, most: 3, rerun: 'new' });
    assert.ok(algos[0] && !('crops' in algos[0] && algos[0].crops));
  });

  it('or on the whole frame: where it is told so, where it is motion, where it stands beside it', () => {
    const rows: readonly (readonly [Given, StreamTopology])[] = [
      [{ algo: model, algo2: { ...model, runOn: 'frame' } }, behind(['a1'])],
      [{ algo: model, algo2: { kind: 'motion' } }, behind(['a1'])],
      [{ algo: model, algo2: { ...model, runOn: 'frame' } }, behind(['a1'], true)],
      [{ algo: model, algo2: { ...model, cropRerun: 'new', frameCount: 5 } }, STREAM],
    ];
    for (const [given, stream] of rows) {
      const [, algo] = planOf(given, stream).algos;
      assert.ok(algo && !('crops' in algo && algo.crops), JSON.stringify(given));
    }
  });

  const WRONG: readonly (readonly [what: string, given: Given, stream: StreamTopology, message: RegExp])[] = [
    ['two wires from algos', {}, behind(['a1', 'a3']), /^runOn: several wires: leave one, or choose the whole frame; it is wired behind 2 algos, and crops are of one algo's detections$/],
    ['a wire from the producer too', {}, behind(['a1'], true), /^runOn: several wires: .* behind an algo and the producer/],
    ['new things, and nobody follows', { algo2: { cropRerun: 'new' } }, behind(['a1']), /^crops\.rerun: expected "always", or that "m" follows what it finds \(track\), got "new"$/],
    ['several frames', { algo2: { frameCount: 3 } }, behind(['a1']), /^frameCount: expected 1, because crops are of one frame, got 3$/],
    ['it follows things itself', { algo2: { track: true } }, behind(['a1']), /^track: expected false: "m" can follow the things that it finds, got true$/],
    ['somewhere else', { algo2: { runOn: 'moon' } }, behind(['a1']), /^runOn: expected crops or frame, got "moon"$/],
    ['no number', { algo2: { cropMinSize: 'x' } }, behind(['a1']), /^crops\.minSize: expected number, got "x"$/],
    ['too much padding', { algo2: { cropPadding: 9 } }, behind(['a1']), /^crops\.padding: expected number to be <=2, got 9$/],
    ['endless', { algo2: { cropMost: 1e9 } }, behind(['a1']), /^crops\.most: /],
  ];
  for (const [what, given, stream, message] of WRONG) {
    it(`${what}: the node says so`, () => {
      const found = problemsOf({ algo: model, ...given, algo2: { ...model, ...given.algo2 } }, stream);
      assert.deepEqual(Object.keys(found), ['a2']);
      assert.match(found['a2'] ?? '', message);
    });
  }

  it('the algo before it is wrong: that is told, and no more', () => {
    assert.deepEqual(Object.keys(problemsOf({ algo: { ...model, interval: -1 }, algo2: model }, behind(['a1']))), ['a1']);
  });
});
