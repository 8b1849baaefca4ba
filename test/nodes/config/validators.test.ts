import assert from 'node:assert/strict';

import { recorderConfig, type RecorderConfig } from '../../../dist/nodes/recorder/recorder.config.js';
import { recorderPart } from '../../../dist/nodes/recorder/recorder.plan.js';
import { algoSchema, cropsSchema, modelInputSchema, producerSchema, recorderSchema, sourceSchema, streamSchema } from '../../../dist/runtime/base/plan.js';
import { motionGateSchema, slicesSchema } from '../../../dist/runtime/base/look-schema.js';
import { editorDefinition, editorNode, validate, type NodeName } from '../../support/editor-html.js';

type Row = { readonly node: NodeName; readonly field: string; readonly good: readonly unknown[]; readonly bad: readonly unknown[]; /** Fields beside it. */ readonly beside?: Record<string, unknown> };

const TEXT_NUMBERS = ['x', '1 s', 'NaN', 'Infinity', '1,5'];

const NUMBERS: readonly Row[] = [
  { node: 'source', field: 'position', good: [0, '0', '12.5', ' 3 ', 1e7], bad: ['', -1, '-0.1', 1e8, ...TEXT_NUMBERS] },
  { node: 'source', field: 'imageFps', good: [25, '0.5', 1000], bad: ['', 0, '0', -1, 1001, ...TEXT_NUMBERS] },
  { node: 'source', field: 'stallTimeout', good: [2, '0.1', 3600], bad: ['', 0, 3601, ...TEXT_NUMBERS] },
  { node: 'source', field: 'frozenAfter', good: [0, '10', 86400], bad: ['', -1, 86401, ...TEXT_NUMBERS] },
  { node: 'source', field: 'blackAfter', good: [0, '10', 86400], bad: ['', -1, 86401, ...TEXT_NUMBERS] },
  { node: 'source', field: 'timeout', good: [10, '0.1', 3600], bad: ['', 0, 3601, ...TEXT_NUMBERS] },
  { node: 'source', field: 'priority', good: [0, '-10', 10], bad: ['', -11, 1.5, 11, ...TEXT_NUMBERS] },
  { node: 'producer', field: 'width', good: ['', 2, '640', 16384], bad: [1, 0, '640.5', 16385, -640, ...TEXT_NUMBERS] },
  { node: 'producer', field: 'height', good: ['', 2, '360', 16384], bad: [1, '0', '0.5', 16385, ...TEXT_NUMBERS] },
  { node: 'producer', field: 'fps', good: ['', '0.1', 5, 1000], bad: [0, '0', -5, 1001, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'frameCount', good: [1, '5', 1000], bad: ['', 0, '1.5', 1001, -1, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'frameStep', good: [0, '6', 100000], bad: ['', -1, '0.5', 100001, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'interval', good: [0, '0.04', 1, 1e6], bad: ['', -1, 1e7, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'lateLimit', good: [1, '4', 100], bad: ['', 0, 1.5, 101, -1, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'timeout', good: [60, '0.5', 86400], bad: ['', 0, 86401, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'scoreThreshold', good: [0, '0.3', 1], bad: ['', -0.1, '1.1', 30, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'iouThreshold', good: [0, '0.45', 1], bad: ['', -0.1, 1.1, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'maxDetections', good: [1, '300', 10000], bad: ['', 0, 1.5, 10001, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'batch', good: [0, '8', 64], bad: ['', -1, 1.5, 65, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'flowQuality', good: [1, '85', 100], bad: ['', 0, 85.5, 101, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'flowLimit', good: [1, '4', 16], bad: ['', 0, 1.5, 17, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'inputWidth', good: ['', 8, '640', 4096], bad: [7, 1.5, 4097, -1, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'inputHeight', good: ['', 8, '640', 4096], bad: [7, 1.5, 4097, -1, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'remoteRetries', good: [0, '2', 10], bad: ['', -1, 1.5, 11, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'remoteConcurrency', good: [1, '4', 64], bad: ['', 0, 1.5, 65, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'remoteMaxAnswerMb', good: [1, '0.5', 1024], bad: ['', 0, 1025, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'cropMinSize', good: [1, '16', 16384], bad: ['', 0, 1.5, 16385, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'cropPadding', good: [0, '0.1', 2], bad: ['', -0.1, 2.1, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'cropMost', good: [1, '10', 100], bad: ['', 0, 1.5, 101, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'motionThreshold', good: [1, '25.5', 255], bad: ['', 0, 256, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'motionMinArea', good: [0, '0.002', 1], bad: ['', -1, 2, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'motionLearningRate', good: [0, '0.05', 1], bad: ['', -1, 2, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'sliceColumns', good: [1, '8'], bad: ['', 0, 1.5, 9, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'sliceRows', good: [1, '8'], bad: ['', 0, 1.5, 9, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'sliceOverlap', good: [0, '0.2', 0.5], bad: ['', -0.1, 0.6, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'gateThreshold', good: [1, '25.5', 255], bad: ['', 0, 256, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'gateMinArea', good: [0, '0.0005', 1], bad: ['', -1, 2, ...TEXT_NUMBERS] },
  { node: 'algo', field: 'gateFloor', good: [0, '10', 1e6], bad: ['', -1, 1e7, ...TEXT_NUMBERS] },
  { node: 'dispatcher', field: 'buffer', good: [0, '30', 10000], bad: ['', -1, 1.5, 10001, ...TEXT_NUMBERS] },
  { node: 'dispatcher', field: 'keep', good: [1, '100', 10000], bad: ['', 0, 1.5, 10001, ...TEXT_NUMBERS] },
  { node: 'sink', field: 'qos', good: [0, '1', 2], bad: ['', -1, 3, 0.5, ...TEXT_NUMBERS] },
  { node: 'sink', field: 'most', good: [0, '100000', 1e9], bad: ['', -1, 1.5, 2e9, ...TEXT_NUMBERS] },
  { node: 'sink', field: 'batch', good: [1, '100', 10000], bad: ['', 0, 1.5, 10001, ...TEXT_NUMBERS] },
  { node: 'sink', field: 'gather', good: [0, '0.5', 3600], bad: ['', -1, 3601, ...TEXT_NUMBERS] },
  { node: 'sink', field: 'timeout', good: [0.1, '10', 3600], bad: ['', 0, 3601, ...TEXT_NUMBERS] },
  { node: 'sink', field: 'spoolMb', good: [1, '64', 1e6], bad: ['', 0, 1e7, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'crf', good: [0, '23', 51], bad: ['', -1, 52, 23.5, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'segmentMinutes', good: [10, '0.5', 1440], bad: ['', 0, 1441, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'clipMinScore', good: [0, '0.5', 1], bad: ['', -0.1, 1.1, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'clipMinCount', good: [1, '3', 10000], bad: ['', 0, 1.5, 10001, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'clipPreRoll', good: [0, '2.5', 300], bad: ['', -1, 301, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'clipPostRoll', good: [0, '2.5', 3600], bad: ['', -1, 3601, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'clipMaxLength', good: [1, '60', 86400], bad: ['', 0.5, 86401, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'clipMemoryMb', good: [1, '64', 4096], bad: ['', 0, 1.5, 4097, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'keepHours', good: ['', 0.5, '168'], bad: [0, -1, 1e7, ...TEXT_NUMBERS] },
  { node: 'recorder', field: 'keepGb', good: ['', 0.5, '100'], bad: [0, -1, 1e7, ...TEXT_NUMBERS] },
  { node: 'engine', field: 'threads', good: [0, '4', 256], bad: ['', -1, 1.5, 257, ...TEXT_NUMBERS] },
  { node: 'engine', field: 'memoryLimitMb', good: [0, '2048', 1048576], bad: ['', -1, 1.5, 1048577, ...TEXT_NUMBERS] },
];

const WORDS: readonly Row[] = [
  { node: 'recorder', field: 'kind', good: ['run', 'segments', 'clips'], bad: ['clip', ''] },
  { node: 'recorder', field: 'clipOn', good: ['message', 'result'], bad: ['results', ''] },
  { node: 'source', field: 'mode', good: ['realtime', 'offline'], bad: ['live', ''] },
  { node: 'source', field: 'start', good: ['deploy', 'message'], bad: ['now'] },
  { node: 'source', field: 'rtspTransport', good: ['tcp', 'udp'], bad: ['http'] },
  { node: 'producer', field: 'format', good: ['bgr24', 'rgb24', 'gray8', 'rgba'], bad: ['yuv420p', ''] },
  { node: 'producer', field: 'backend', good: ['auto', 'libav', 'ffmpeg'], bad: ['opencv'] },
  { node: 'producer', field: 'hardware', good: ['none', 'auto'], bad: [true] },
  { node: 'algo', field: 'kind', good: ['onnx', 'module', 'code', 'flow', 'remote', 'python', 'motion'], bad: ['local', ''] },
  { node: 'algo', field: 'flowFormat', good: ['jpeg', 'raw'], bad: ['png', ''] },
  { node: 'algo', field: 'remoteProtocol', good: ['http', 'grpc', 'json'], bad: ['ftp', ''] },
  { node: 'algo', field: 'remoteBody', good: ['json', 'multipart', 'jpeg', 'raw'], bad: ['png', ''] },
  { node: 'algo', field: 'late', good: ['skip', 'queue', 'restart'], bad: ['drop', ''] },
  { node: 'algo', field: 'regionMode', good: ['include', 'exclude'], bad: ['inside', ''] },
  { node: 'algo', field: 'runOn', good: ['crops', 'frame'], bad: ['frames', ''] },
  { node: 'algo', field: 'cropRerun', good: ['always', 'new'], bad: ['never', ''] },
  { node: 'algo', field: 'nms', good: ['per-class', 'class-agnostic'], bad: ['none'] },
  { node: 'algo', field: 'inputFit', good: ['auto', 'letterbox-center', 'letterbox-topleft', 'stretch'], bad: ['crop', ''] },
  { node: 'algo', field: 'inputLayout', good: ['auto', 'NCHW', 'NHWC'], bad: ['nchw'] },
  { node: 'algo', field: 'inputChannels', good: ['auto', 'rgb', 'bgr'], bad: ['gray'] },
  { node: 'algo', field: 'inputRange', good: ['auto', '0-255', '0-1', '-1-1'], bad: ['0-2'] },
  { node: 'sink', field: 'kind', good: ['http', 'mqtt', 'redis', 'postgres', 'sqlite', 'jsonl', 'csv'], bad: ['kafka', ''] },
  { node: 'sink', field: 'body', good: ['batch', 'single'], bad: ['both', ''] },
  { node: 'sink', field: 'redisMode', good: ['stream', 'sorted-set'], bad: ['list', ''] },
  { node: 'sink', field: 'whenFull', good: ['oldest', 'newest'], bad: ['none', ''] },
  { node: 'recorder', field: 'preset', good: ['ultrafast', 'slow'], bad: ['placebo'] },
  { node: 'recorder', field: 'start', good: ['stream', 'message'], bad: ['deploy'] },
];

const TEXTS: readonly Row[] = [
  { node: 'sink', field: 'url', good: ['http://h/', 'https://h:8443/a?b=1', '${URL}'], bad: ['', 'h', 'ftp://h', 'mqtt://h', 'http://u:p@h/', 'https://u@h'] },
  { node: 'sink', field: 'url', beside: { kind: 'mqtt' }, good: ['mqtt://h', 'mqtts://h:8883', 'ws://h/mqtt', 'wss://h'], bad: ['', 'http://h', 'mqtt://u:p@h'] },
  { node: 'sink', field: 'url', beside: { kind: 'redis' }, good: ['redis://h:6379/0', 'rediss://h'], bad: ['', 'http://h', 'redis://:p@h'] },
  { node: 'sink', field: 'url', beside: { kind: 'postgres' }, good: ['postgres://h/db', 'postgresql://h:5433/db'], bad: ['', 'mysql://h/db'] },
  { node: 'sink', field: 'url', beside: { kind: 'csv' }, good: ['', 'anything'], bad: [] },
  { node: 'sink', field: 'path', beside: { kind: 'jsonl' }, good: ['a.jsonl', '/data/a b.jsonl'], bad: ['', '  '] },
  { node: 'sink', field: 'path', good: [''], bad: [] },
  { node: 'sink', field: 'headers', good: ['', '{}', '{"X-Site":"a"}'], bad: ['{', '[]', '{"a":1}', '1', 'null'] },
  { node: 'sink', field: 'table', good: ['results', 'site.seen_2'], bad: ['', 'A', 'a;b', 'a.b.c', '1a', '"a"'] },
  {
    node: 'source',
    field: 'location',
    good: [
      '/data/a.mp4', 'a b/ä.mp4', 'C:\\videos\\a.mp4', '/data/*.jpg', 'rtsp://10.0.0.2:554/s', 'RTSP://cam/s', 'http://h/a.m3u8?token=1', 'srt://h:1', 'file:///a.mp4',
      'device:/dev/video0', 'device:USB Camera', 'test:', 'test:?width=64', '/mail/me@home/a.mp4', 'http://h/a?mail=me@home', 'http://h:8080/a@b.mp4',
    ],
    bad: ['', '  ', 'rtsp://user:secret@10.0.0.2/s', 'rtsp://user@10.0.0.2/s', 'rtsp://admin:p#ss/w?rd@10.0.0.2/s', 'ftp://h/a.mp4', 'javascript://x', 'device:', 'device: ', 'test:640x360'],
  },
  { node: 'algo', field: 'model', good: ['m.onnx', 'catalogue:yolox-nano'], bad: ['', '   '] },
  { node: 'algo', field: 'kwargs', good: ['', '{}', '{"a":[1]}'], bad: ['{', '[]', '1', '"a"', 'null', "{'a':1}"] },
  { node: 'algo', field: 'inputMean', good: ['', '0', '-1.5', '0.485, 0.456, 0.406'], bad: ['a', '1,2', '1,2,3,4', '1e9', '1;2;3'] },
  { node: 'algo', field: 'inputStd', good: ['', '58.4', '0.229,0.224,0.225'], bad: ['0', '1,0,1', '-1', 'a', '1,2'] },
  {
    node: 'algo',
    field: 'regions',
    good: ['', ' ', '[]', '[[[0,0],[1,0],[0.5,1]]]', '[[[0,0],[1,1],[1,0],[0,1]]]', JSON.stringify(Array(20).fill([[0, 0], [1, 0], [1, 1]]))],
    bad: [
      '[', 'all', '{}', '1', 'null', '[[0,0],[1,0],[1,1]]', '[[[0,0],[1,1]]]', '[[[0,0],[1.1,0],[1,1]]]', '[[[0,-1],[1,0],[1,1]]]', '[[["0",0],[1,0],[1,1]]]', '[[[0,0,0],[1,0],[1,1]]]',
      '[[[null,0],[1,0],[1,1]]]', JSON.stringify(Array(21).fill([[0, 0], [1, 0], [1, 1]])), JSON.stringify([Array(10_000).fill([0.5, 0.5])]),
    ],
  },
  {
    node: 'algo',
    field: 'zones',
    good: ['', ' ', '[]', '[{"name":"door","polygon":[[0,0],[1,0],[0.5,1]]}]', JSON.stringify(Array.from({ length: 20 }, (_, i) => ({ name: `zone ${String(i)}`, polygon: [[0, 0], [1, 0], [1, 1]] })))],
    bad: [
      '[', 'all', '{}', '1', 'null', '[null]', '[1]', '[[[0,0],[1,0],[1,1]]]', '[{"polygon":[[0,0],[1,0],[1,1]]}]', '[{"name":" ","polygon":[[0,0],[1,0],[1,1]]}]', '[{"name":1,"polygon":[[0,0],[1,0],[1,1]]}]',
      '[{"name":"a","polygon":[[0,0],[1,1]]}]', '[{"name":"a","polygon":[[0,0],[1.5,0],[1,1]]}]', '[{"name":"a","polygon":[[0,0],[1,0],[1,1]]},{"name":"a ","polygon":[[0,0],[1,0],[1,1]]}]',
      JSON.stringify(Array.from({ length: 21 }, (_, i) => ({ name: String(i), polygon: [[0, 0], [1, 0], [1, 1]] }))), JSON.stringify([{ name: 'a'.repeat(65), polygon: [[0, 0], [1, 0], [1, 1]] }]),
    ],
  },
  {
    node: 'algo',
    field: 'lines',
    good: ['', ' ', '[]', '[{"name":"gate","from":[0,0],"to":[1,0.5]}]'],
    bad: [
      '[', '{}', 'null', '[null]', '[[[0,0],[1,1]]]', '[{"name":"a","from":[0,0]}]', '[{"name":"a","from":[0,0],"to":[0,0]}]', '[{"name":"a","from":[0,0],"to":[2,0]}]', '[{"name":"a","from":["0",0],"to":[1,0]}]',
      '[{"from":[0,0],"to":[1,0]}]', '[{"name":"a","from":[0,0],"to":[1,0]},{"name":"a","from":[0,0],"to":[1,1]}]',
    ],
  },
  {
    node: 'algo', field: 'code', beside: { kind: 'code' },
    good: ['return 1', 'const [frame] = frames;\nreturn await context.state.model(frame)', 'return 1 // one'], bad: ['', '  \n', 'return (', 'return 1;\n}', 'import x from "x"', 'const context = 1'],
  },
  { node: 'algo', field: 'codeSetup', beside: { kind: 'code' }, good: ['', 'context.state.n = await import("x")'], bad: ['let a; let a;', 'function (', '\u0000'] },
  { node: 'algo', field: 'codeClose', beside: { kind: 'code' }, good: ['', 'context.log("bye")'], bad: ['await', '{'] },
  {
    node: 'algo', field: 'remoteUrl', beside: { kind: 'remote', remoteProtocol: 'http' },
    good: ['http://triton:8000', 'HTTPS://h.example/kserve/', 'http://[::1]:8000', '${TRITON_URL}'], bad: ['', 'triton:8000', 'grpc://h:8001', 'ftp://h', 'http://', 'http://me:secret@h', 'http://a b'],
  },
  { node: 'algo', field: 'remoteModel', beside: { kind: 'remote', remoteProtocol: 'grpc' }, good: ['yolox'], bad: ['', ' '] },
  { node: 'algo', field: 'remoteHeaders', good: ['', '{}', '{"X-Site":"gate"}'], bad: ['{', '[]', 'X-Site: gate'] },
  { node: 'algo', field: 'pythonModule', beside: { kind: 'python' }, good: ['my_algo.py', 'pack.algo'], bad: ['', ' '] },
  { node: 'algo', field: 'pythonKwargs', good: ['', '{}', '{"limit":3}'], bad: ['{', '[]', 'limit=3'] },
  {
    node: 'recorder',
    field: 'path',
    good: ['a.mp4', 'recordings/{stream}-{date}-{time}.mp4', '/r/{epoch}', '{date}/{stream}'],
    bad: ['', ' ', 'r/', 'r/..', 'a\nb', 'r/{name}.mp4', 'r/{stream.mp4', 'r/}.mp4', '{}', '{Stream}'],
  },
  { node: 'engine', field: 'executionProviders', good: ['cpu', 'cuda, cpu', 'tensorrt,cuda,cpu'], bad: ['', ',', 'cuda,,cpu', 'cuda cpu', Array(17).fill('cpu').join(',')] },
  { node: 'engine', field: 'mirror', good: ['', 'https://models.example.org/stream', 'http://127.0.0.1:8080/'], bad: ['here', 'http://example.org/', 'ftp://example.org/', 'https://me:secret@example.org/'] },
  { node: 'engine', field: 'providerOptions', good: ['', '{}', '{"cuda":{"deviceId":1}}'], bad: ['{', '[]', '1', 'null', '{"cuda":1}', '{"cuda":[]}'] },
];

describe('validators of the forms', () => {
  for (const { node, field, good, bad, beside } of [...NUMBERS, ...WORDS, ...TEXTS]) {
    it(`${node}.${field}`, () => {
      for (const value of good) assert.equal(validate(node, field, { ...beside, [field]: value }), true, `${JSON.stringify(value)} is good`);
      for (const value of bad) {
        const verdict = validate(node, field, { ...beside, [field]: value });
        assert.equal(typeof verdict, 'string', `${JSON.stringify(value)} is bad`);
        assert.match(verdict as string, /^[A-Z].+: \w/, 'says which field, and what is expected');
        assert.doesNotMatch(verdict as string, /__|shared\.|wrong\.|label\./, 'no text is missing');
      }
    });
  }

  it('every field that a hand-written flow lacks is fine: it gets its default', () => {
    for (const { node, field } of [...NUMBERS, ...WORDS, ...TEXTS]) assert.equal(validate(node, field, { [field]: undefined }), true, `${node}.${field}`);
  });

  it('every number and word is in a table above', () => {
    for (const node of ['engine', 'source', 'producer', 'algo', 'dispatcher', 'recorder', 'sink'] as const) {
      const withValidator = Object.entries(editorDefinition(node).defaults).filter(([, { validate: check }]) => check !== undefined);
      const untested = withValidator.filter(([field]) => ![...NUMBERS, ...WORDS, ...TEXTS].some((row) => row.node === node && row.field === field));
      assert.deepEqual(untested.map(([field]) => `${node}.${field}`).filter((name) => name !== 'algo.family' && name !== 'algo.module'), []);
    }
  });

  it('what is required depends on the rest of the node', () => {
    assert.equal(validate('source', 'location', { location: '', start: 'message' }), true, 'a message may bring it');
    assert.equal(validate('algo', 'model', { model: '', kind: 'motion' }), true);
    assert.equal(validate('algo', 'module', { module: '', kind: 'onnx' }), true);
    assert.equal(validate('algo', 'code', { code: 'return (', kind: 'motion' }), true);
    assert.match(String(validate('algo', 'module', { module: '', kind: 'module' })), /^Module: expected the path/);
    assert.equal(validate('algo', 'remoteUrl', { remoteUrl: '', kind: 'python' }), true);
    assert.equal(validate('algo', 'remoteUrl', { remoteUrl: 'grpc://h:8001', kind: 'remote', remoteProtocol: 'grpc' }), true);
    assert.equal(validate('algo', 'remoteModel', { remoteModel: '', kind: 'remote', remoteProtocol: 'json' }), true, 'an address needs no model');
    assert.equal(validate('algo', 'pythonModule', { pythonModule: '', kind: 'remote' }), true);
  });

  it('validators take two arguments, so that the editor shows their text', () => {
    for (const node of ['engine', 'source', 'producer', 'algo', 'dispatcher', 'recorder', 'sink'] as const) {
      for (const [field, { validate: check }] of Object.entries(editorDefinition(node).defaults)) {
        if (check) assert.equal(check.length, 2, `${node}.${field}`);
      }
    }
  });

  it('complaints come in the language of the editor', () => {
    const check = editorDefinition('algo').defaults['interval']?.validate;
    assert.equal(check?.call(editorNode('algo', {}, 'zh-CN'), -1, {}), '运行间隔: 应为 0 到 1000000 之间的数');
  });
});

describe('the forms and the plan', () => {
  const verdictOfPlan: Readonly<Record<string, (field: string, value: unknown) => boolean>> = {
    source: (field, value) => (field === 'priority' ? streamSchema.shape.priority : sourceSchema.shape[field as 'timeout']).safeParse(value).success,
    producer: (field, value) => producerSchema.safeParse({ [field]: value === '' ? undefined : value }).success,
    recorder: (field, value) => recorderVerdict(field, value),
    algo: (field, value) => algoVerdict(field, value),
  };

  for (const { node, field, good, bad } of NUMBERS.filter((row) => row.node in verdictOfPlan)) {
    it(`agree on ${node}.${field}`, () => {
      const isNumber = (value: unknown): boolean => value !== '' && Number.isFinite(Number(value));
      for (const value of good.filter((one) => one === '' || isNumber(one))) {
        assert.equal(verdictOfPlan[node]?.(field, value === '' ? '' : Number(value)), true, `the plan takes ${JSON.stringify(value)}`);
      }
      for (const value of bad.filter(isNumber)) assert.equal(verdictOfPlan[node]?.(field, Number(value)), false, `the plan refuses ${JSON.stringify(value)}`);
    });
  }

  function recorderVerdict(field: string, value: unknown): boolean {
    const kind = field.startsWith('clip') ? 'clips' : 'segments';
    const config = { ...recorderConfig.defaults, kind, clipOn: 'result', [field]: value } as RecorderConfig;
    return recorderSchema.safeParse({ ...(recorderPart(config).recorder as object), id: 'r' }).success;
  }

  function lookVerdict(field: string, value: unknown): boolean | undefined {
    const gate: Record<string, string> = { gateThreshold: 'threshold', gateMinArea: 'minArea', gateFloor: 'floor' };
    if (gate[field] !== undefined) return motionGateSchema.safeParse({ [gate[field]]: value }).success;
    const slices: Record<string, string> = { sliceColumns: 'columns', sliceRows: 'rows', sliceOverlap: 'overlap' };
    return slices[field] === undefined ? undefined : slicesSchema.safeParse({ [slices[field]]: value }).success;
  }

  function algoVerdict(field: string, value: unknown): boolean {
    const base = { id: 'a', name: 'a' };
    const motion: Record<string, string> = { motionThreshold: 'threshold', motionMinArea: 'minArea', motionLearningRate: 'learningRate' };
    const flow: Record<string, string> = { flowQuality: 'quality', flowLimit: 'limit' };
    if (flow[field] !== undefined) return algoSchema.safeParse({ ...base, kind: 'flow', options: { [flow[field]]: value } }).success;
    const remote = /^remote(.)(.*)$/.exec(field);
    if (remote !== null) return algoSchema.safeParse({ ...base, kind: 'remote', url: 'http://h', model: 'm', [`${remote[1]?.toLowerCase() ?? ''}${remote[2] ?? ''}`]: value }).success;
    const key = motion[field];
    const input: Record<string, string> = { inputWidth: 'width', inputHeight: 'height' };
    const side = input[field];
    if (side !== undefined) return modelInputSchema.safeParse({ [side]: value === '' ? undefined : value }).success;
    if (key !== undefined) return algoSchema.safeParse({ ...base, kind: 'motion', options: { [key]: value } }).success;
    const crops: Record<string, string> = { cropMinSize: 'minSize', cropPadding: 'padding', cropMost: 'most' };
    const cropKey = crops[field];
    if (cropKey !== undefined) return cropsSchema.safeParse({ of: 'a', [cropKey]: value }).success;
    const look = lookVerdict(field, value);
    if (look !== undefined) return look;
    const isOption = ['scoreThreshold', 'iouThreshold', 'maxDetections', 'batch'].includes(field);
    return algoSchema.safeParse({ ...base, kind: 'onnx', model: 'm', ...(isOption ? { options: { [field]: value } } : { [field]: value }) }).success;
  }
});

describe('labels of nodes', () => {
  const rows: readonly { node: NodeName; fields: Record<string, unknown>; label: string }[] = [
    { node: 'source', fields: { name: 'Door' }, label: 'Door' },
    { node: 'source', fields: { location: '/data/videos/cars.mp4' }, label: 'cars.mp4' },
    { node: 'source', fields: { location: 'C:\\videos\\cars.mp4' }, label: 'cars.mp4' },
    { node: 'source', fields: { location: 'rtsp://me:secret@10.0.0.2/stream' }, label: 'rtsp://10.0.0.2/stream' },
    { node: 'source', fields: { location: 'rtsp://me:se/cret@10.0.0.2/stream' }, label: 'rtsp://10.0.0.2/stream' },
    { node: 'source', fields: { location: 'test:?fps=5' }, label: 'test:?fps=5' },
    { node: 'source', fields: {}, label: 'source' },
    { node: 'producer', fields: { width: '640', height: '360', fps: 5 }, label: '640×360 · 5 fps' },
    { node: 'producer', fields: { width: 640 }, label: '640×?' },
    { node: 'producer', fields: {}, label: 'producer' },
    { node: 'algo', fields: { model: '/m/yolox_nano.onnx' }, label: 'yolox_nano.onnx' },
    { node: 'algo', fields: { model: 'catalogue:yolox-nano' }, label: 'yolox-nano' },
    { node: 'algo', fields: { kind: 'module', module: './algos/mine.js', model: 'm.onnx' }, label: 'mine.js' },
    { node: 'algo', fields: { kind: 'motion', model: 'm.onnx' }, label: 'motion' },
    { node: 'algo', fields: { kind: 'code', code: 'return 1' }, label: 'code' },
    { node: 'algo', fields: { kind: 'flow' }, label: 'flow' },
    { node: 'algo', fields: {}, label: 'algo' },
    { node: 'dispatcher', fields: {}, label: 'dispatcher' },
    { node: 'recorder', fields: {}, label: '{stream}-{date}-{time}.mp4' },
    { node: 'engine', fields: { executionProviders: 'cuda,cpu' }, label: 'stream engine (cuda,cpu)' },
    { node: 'sink', fields: { kind: 'mqtt', url: 'mqtt://h' }, label: 'stream sink (mqtt://h)' },
    { node: 'sink', fields: { kind: 'csv', path: 'a.csv' }, label: 'stream sink (a.csv)' },
  ];
  for (const { node, fields, label } of rows) {
    it(`${node} ${JSON.stringify(fields)} → ${label}`, () => {
      const definition = editorDefinition(node);
      assert.equal(definition.label.call(editorNode(node, fields)), label);
      assert.equal(definition.labelStyle.call(editorNode(node, fields)), fields['name'] ? 'node_label_italic' : '');
    });
  }
});
