import assert from 'node:assert/strict';

import { motionGateSchema, slicesSchema } from '../../../dist/runtime/base/look-schema.js';
import { algoConfig } from '../../../dist/nodes/algo/algo.config.js';
import { dispatcherConfig } from '../../../dist/nodes/dispatcher/dispatcher.config.js';
import { engineConfig } from '../../../dist/nodes/engine/engine.config.js';
import { producerConfig } from '../../../dist/nodes/producer/producer.config.js';
import { recorderConfig } from '../../../dist/nodes/recorder/recorder.config.js';
import { migrateConfig, type ConfigDefinition } from '../../../dist/nodes/shared/migrate.js';
import { sinkConfig } from '../../../dist/nodes/sink/sink.config.js';
import { sourceConfig } from '../../../dist/nodes/source/source.config.js';
import {
  MODEL_FAMILIES, algoSchema, clipsSchema, cropsSchema, flowOptionsSchema, modelInputSchema, motionOptionsSchema, onnxOptionsSchema, producerSchema, recorderSchema, sinkSchema, sourceSchema, streamSchema,
} from '../../../dist/runtime/base/plan.js';
import { editorDefinition, NODES, validate, type NodeName } from '../../support/editor-html.js';

/**
 * One saved config per node and version, as Node-RED wrote it. Never change `saved`: flows of users look like this.
 * A new version of a config adds a row; `added` are fields that came later, with the defaults that old flows get.
 */
const SAVED: readonly { readonly node: NodeName; readonly saved: Record<string, unknown>; readonly added?: Record<string, unknown> }[] = [
  {
    node: 'engine',
    saved: { version: 1, name: 'gpu', executionProviders: 'cuda,cpu', threads: '2', memoryLimitMb: '4096', ffmpegPath: '/usr/bin/ffmpeg', modelFolder: '/data/models', moduleFolder: '/data/algos' },
    added: { providerOptions: '{}', mirror: '', messageLocations: '', live: false },
  },
  {
    node: 'source',
    saved: {
      version: 1, name: 'door', location: 'rtsp://10.0.0.2/stream', mode: 'realtime', start: 'message', loop: true, position: '1.5',
      imageFps: '10', rtspTransport: 'udp', reconnect: false, timeout: '5', engine: 'e1',
    },
    added: { priority: 0, stallTimeout: 2, frozenAfter: 10, blackAfter: 10 },
  },
  { node: 'producer', saved: { version: 1, name: 'small', width: '640', height: '', fps: '5', format: 'rgb24', backend: 'ffmpeg', hardware: 'auto' }, added: { preview: false } },
  {
    node: 'algo',
    saved: {
      version: 1, name: 'objects', kind: 'onnx', model: 'models/yolox_nano.onnx', classNames: 'cat, dog', family: 'yolox', scoreThreshold: '0.5',
      iouThreshold: '0.6', nms: 'class-agnostic', maxDetections: '50', labels: 'person, car', module: 'a.js', export: 'A', kwargs: '{"a":1}',
      motionThreshold: '30', motionMinArea: '0.01', motionLearningRate: '0.1', frameCount: '5', frameStep: '6', interval: '2', timeout: '30', enabled: false,
    },
    added: {
      preview: false, recognition: '', characters: '', batch: 0, inputWidth: '', inputHeight: '', inputFit: 'auto', inputLayout: 'auto', inputChannels: 'auto', inputRange: 'auto', inputMean: '', inputStd: '',
      late: 'skip', lateLimit: 4, track: false, outputs: 1, code: '', codeSetup: '', codeClose: '', flowFormat: 'jpeg', flowQuality: 85, flowLimit: 1,
      remoteUrl: '', remoteProtocol: 'http', remoteModel: '', remoteVersion: '', remoteTokenHeader: 'Authorization', remoteHeaders: '{}', remoteRetries: 2,
      remoteConcurrency: 1, remoteMaxAnswerMb: 32, remoteBody: 'json', remoteResultPath: '', pythonModule: '', pythonClass: '', pythonKwargs: '{}', pythonProgram: '',
      version: 2, runOn: 'frame', cropLabels: '', cropMinSize: 16, cropPadding: 0.1, cropMost: 10, cropRerun: 'always',
      regions: '', regionMode: 'include', zones: '', lines: '', motionGate: false, gateThreshold: 25, gateMinArea: 0.0005, gateFloor: 10,
      sliceColumns: 1, sliceRows: 1, sliceOverlap: 0.2, sliceWhole: true,
    },
  },
  {
    node: 'algo',
    saved: {
      version: 2, name: 'faces', kind: 'onnx', model: 'models/yunet.onnx', classNames: '', family: 'auto', scoreThreshold: '0.5', iouThreshold: 0.45, nms: 'per-class', maxDetections: '5',
      labels: '', batch: 0, module: '', export: '', kwargs: '{}', motionThreshold: 25, motionMinArea: 0.002, motionLearningRate: 0.05, frameCount: 1, frameStep: 0, interval: '0',
      late: 'skip', lateLimit: 4, track: false, timeout: 60, enabled: true, outputs: 1, code: '', codeSetup: '', codeClose: '', flowFormat: 'jpeg', flowQuality: 85, flowLimit: 1,
      inputWidth: '', inputHeight: '', inputFit: 'auto', inputLayout: 'auto', inputChannels: 'auto', inputRange: 'auto', inputMean: '', inputStd: '',
      remoteUrl: '', remoteProtocol: 'http', remoteModel: '', remoteVersion: '', remoteTokenHeader: 'Authorization', remoteHeaders: '{}', remoteRetries: 2,
      remoteConcurrency: 1, remoteMaxAnswerMb: 32, remoteBody: 'json', remoteResultPath: '', pythonModule: '', pythonClass: '', pythonKwargs: '{}', pythonProgram: '',
      runOn: 'crops', cropLabels: 'person, dog', cropMinSize: '40', cropPadding: '0', cropMost: '3', cropRerun: 'new',
    },
    added: {
      preview: false, recognition: '', characters: '',
      regions: '', regionMode: 'include', zones: '', lines: '', motionGate: false, gateThreshold: 25, gateMinArea: 0.0005, gateFloor: 10,
      sliceColumns: 1, sliceRows: 1, sliceOverlap: 0.2, sliceWhole: true,
    },
  },
  { node: 'dispatcher', saved: { version: 1, name: 'all', buffer: '30', keep: '10' }, added: { preview: false, sink1: '', sink2: '', sink3: '', sink4: '' } },
  {
    node: 'sink',
    saved: {
      version: 1, name: 'warehouse', kind: 'mqtt', url: 'mqtt://10.0.0.9', path: '', body: 'single', headers: '{"a":"b"}', topic: 'x/{algo}', qos: '2', retain: true, redisMode: 'sorted-set', key: 'k', most: '10',
      table: 'seen', batch: '5', gather: '1', timeout: '3', spool: false, spoolMb: '8', whenFull: 'newest',
    },
  },
  {
    node: 'recorder',
    saved: { version: 1, name: 'rec', path: 'r/{stream}.mp4', draw: false, crf: '18', preset: 'slow', overwrite: true, start: 'message' },
    added: {
      preview: false, kind: 'run', segmentMinutes: 10, clipOn: 'message', clipLabels: '', clipMinScore: 0, clipMinCount: 1,
      clipPreRoll: 5, clipPostRoll: 5, clipMaxLength: 120, clipMemoryMb: 64, keepHours: '', keepGb: '',
    },
  },
];

const CONFIGS: Readonly<Record<NodeName, ConfigDefinition<{ version: number }>>> = {
  engine: engineConfig,
  source: sourceConfig,
  producer: producerConfig,
  algo: algoConfig,
  dispatcher: dispatcherConfig,
  sink: sinkConfig,
  recorder: recorderConfig,
};

describe('saved configs', () => {
  for (const { node, saved, added } of SAVED) {
    it(`${node} of version ${String(saved['version'])} is read, every field of it`, () => {
      assert.deepEqual(migrateConfig(CONFIGS[node], saved), { ...saved, ...added });
      assert.deepEqual(Object.keys({ ...saved, ...added }).sort(), Object.keys(CONFIGS[node].defaults).sort(), 'the row names every field');
    });
  }

  it('an algo of version 1 in which the form has put a choice keeps it', () => {
    assert.equal(migrateConfig(algoConfig, { version: 1, runOn: 'crops' }).runOn, 'crops');
  });

  for (const node of NODES) {
    it(`${node}: the form's defaults are those of the config`, () => {
      const inForm = Object.fromEntries(Object.entries(editorDefinition(node).defaults).map(([field, { value }]) => [field, value]));
      assert.deepEqual(inForm, CONFIGS[node].defaults);
    });

    it(`${node}: migrations rise one by one to the newest version`, () => {
      const { defaults, migrations } = CONFIGS[node];
      assert.deepEqual(migrations.map(({ to }) => to), Array.from({ length: defaults.version - 1 }, (_, i) => i + 2));
    });

    it(`${node}: an empty flow entry gives the defaults, or what was before there was a choice`, () => {
      const before = node === 'algo' ? { runOn: 'frame' } : {};
      assert.deepEqual(migrateConfig(CONFIGS[node], { id: 'a', wires: [] }), { ...CONFIGS[node].defaults, ...before });
    });
  }

  describe('defaults are those of the plan', () => {
    const { inputFit, inputLayout, inputChannels, inputRange, motionThreshold, motionMinArea, motionLearningRate, flowFormat, flowQuality, flowLimit } = algoConfig.defaults;
    const { remoteProtocol, remoteTokenHeader, remoteRetries, remoteConcurrency, remoteMaxAnswerMb, remoteBody } = algoConfig.defaults;
    const { gateThreshold, gateMinArea, gateFloor } = algoConfig.defaults;
    const algo = { id: 'a', name: 'a' };
    const rows: readonly { what: string; plan: object; saved: object; fields: readonly string[] }[] = [
      { what: 'source', plan: sourceSchema.parse({ location: 'test:' }), saved: sourceConfig.defaults, fields: ['loop', 'position', 'imageFps', 'rtspTransport', 'reconnect', 'timeout', 'stallTimeout', 'frozenAfter', 'blackAfter'] },
      { what: 'stream', plan: streamSchema.parse({ id: 's', name: 's', source: { location: 'test:' } }), saved: sourceConfig.defaults, fields: ['mode', 'priority'] },
      { what: 'producer', plan: producerSchema.parse({}), saved: producerConfig.defaults, fields: ['format', 'backend', 'hardware'] },
      { what: 'recorder', plan: recorderSchema.parse({ id: 'r', path: 'p' }), saved: recorderConfig.defaults, fields: ['draw', 'crf', 'preset', 'overwrite', 'kind'] },
      {
        what: 'clips', plan: clipsSchema.parse({}), fields: ['preRoll', 'postRoll', 'maxLength', 'memoryMb'],
        saved: { preRoll: recorderConfig.defaults.clipPreRoll, postRoll: recorderConfig.defaults.clipPostRoll, maxLength: recorderConfig.defaults.clipMaxLength, memoryMb: recorderConfig.defaults.clipMemoryMb },
      },
      { what: 'algo', plan: algoSchema.parse({ ...algo, kind: 'motion' }), saved: algoConfig.defaults, fields: ['frameCount', 'frameStep', 'interval', 'late', 'lateLimit', 'timeout', 'enabled', 'regionMode'] },
      { what: 'model', plan: onnxOptionsSchema.parse({}), saved: algoConfig.defaults, fields: ['scoreThreshold', 'iouThreshold', 'nms', 'maxDetections', 'family', 'batch'] },
      { what: 'input of a model', plan: modelInputSchema.parse({}), saved: { fit: inputFit, layout: inputLayout, channels: inputChannels, range: inputRange }, fields: ['fit', 'layout', 'channels', 'range'] },
      {
        what: 'crops', plan: cropsSchema.parse({ of: 'a' }), fields: ['minSize', 'padding', 'most', 'rerun'],
        saved: { minSize: algoConfig.defaults.cropMinSize, padding: algoConfig.defaults.cropPadding, most: algoConfig.defaults.cropMost, rerun: algoConfig.defaults.cropRerun },
      },
      { what: 'motion', plan: motionOptionsSchema.parse({}), saved: { threshold: motionThreshold, minArea: motionMinArea, learningRate: motionLearningRate }, fields: ['threshold', 'minArea', 'learningRate'] },
      { what: 'gate', plan: motionGateSchema.parse({}), saved: { threshold: gateThreshold, minArea: gateMinArea, floor: gateFloor }, fields: ['threshold', 'minArea', 'floor'] },
      { what: 'slices', plan: slicesSchema.parse({}), saved: { overlap: algoConfig.defaults.sliceOverlap, whole: algoConfig.defaults.sliceWhole }, fields: ['overlap', 'whole'] },
      { what: 'flow', plan: flowOptionsSchema.parse({}), saved: { format: flowFormat, quality: flowQuality, limit: flowLimit }, fields: ['format', 'quality', 'limit'] },
      {
        what: 'remote', plan: algoSchema.parse({ ...algo, kind: 'remote', url: 'http://h', model: 'm' }), fields: ['protocol', 'tokenHeader', 'retries', 'concurrency', 'maxAnswerMb', 'body'],
        saved: { protocol: remoteProtocol, tokenHeader: remoteTokenHeader, retries: remoteRetries, concurrency: remoteConcurrency, maxAnswerMb: remoteMaxAnswerMb, body: remoteBody },
      },
      { what: 'sink', plan: sinkSchema.parse({ type: 'http', url: 'http://h' }), saved: sinkConfig.defaults, fields: ['body', 'batch', 'gather', 'timeout', 'spoolMb', 'whenFull'] },
      { what: 'sink, mqtt', plan: sinkSchema.parse({ type: 'mqtt', url: 'mqtt://h' }), saved: sinkConfig.defaults, fields: ['topic', 'qos', 'retain'] },
      { what: 'sink, redis', plan: sinkSchema.parse({ type: 'redis', url: 'redis://h' }), saved: { ...sinkConfig.defaults, mode: sinkConfig.defaults.redisMode }, fields: ['mode', 'key', 'most'] },
      { what: 'sink, postgres', plan: sinkSchema.parse({ type: 'postgres', url: 'postgres://h' }), saved: sinkConfig.defaults, fields: ['table'] },
      { what: 'engine', plan: onnxOptionsSchema.parse({}), saved: { ...engineConfig.defaults, executionProviders: [engineConfig.defaults.executionProviders], providerOptions: JSON.parse(engineConfig.defaults.providerOptions) as unknown }, fields: ['executionProviders', 'providerOptions'] },
    ];
    for (const { what, plan, saved, fields } of rows) {
      it(what, () => {
        const pick = (from: object): unknown[] => fields.map((field) => [field, (from as Record<string, unknown>)[field]]);
        assert.deepEqual(pick(saved), pick(plan));
      });
    }
  });

  it('the form knows every family of models', () => {
    for (const family of ['auto', ...MODEL_FAMILIES]) assert.equal(validate('algo', 'family', { family }), true, family);
  });
});
