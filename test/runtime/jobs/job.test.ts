import assert from 'node:assert/strict';
import { join, resolve } from 'node:path';

import { resolveJob } from '../../../dist/runtime/jobs/job.js';

const FOLDER = resolve('/jobs');
const at = (path: string): string => join(FOLDER, path);

/** `value` put in at `path` of a job that is right. */
function jobWith(path: string, value: unknown): Record<string, unknown> {
  const job: Record<string, unknown> = {
    source: 'cars.mp4',
    producer: {},
    dispatcher: {},
    algos: [{ type: 'motion' }, { type: 'onnx', model: 'm.onnx', options: {} }, { module: './a.js', export: 'A', kwargs: {} }],
    process: { module: './draw.js' },
  };
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  const place = keys.reduce<Record<string, unknown>>((part, key) => part[key] as Record<string, unknown>, job);
  place[last] = value;
  return job;
}

describe('a job', () => {
  it('of the documentation becomes a plan with every field in its place', () => {
    const job = resolveJob(
      {
        mode: 'offline', priority: 2, source: 'cars.mp4', fps: 30, position: 0,
        producer: { type: 'libav', width: 640, height: 360, format: 'bgr24' },
        dispatcher: { buffer: 30 },
        algos: [
          { name: 'objects', type: 'onnx', model: 'yolox_nano.onnx', frame_count: 1, frame_step: 0, interval: 1, options: { scoreThreshold: 0.3, labels: ['person'], batch: 4 } },
          { name: 'mine', module: './my-algo.js', export: 'MyAlgo', kwargs: { frame_count: 5, frame_step: 6, interval: 2, zone: [1, 2] } },
        ],
        process: { module: './draw.js', export: 'draw' },
        recording_path: 'processed.mp4', logging_level: 'info',
      },
      FOLDER,
    );
    const { plan } = job;
    assert.deepEqual([plan.name, plan.mode, plan.priority, plan.buffer, plan.process], ['cars.mp4', 'offline', 2, 30, true]);
    assert.deepEqual([plan.source.location, plan.source.position], [at('cars.mp4'), 0]);
    assert.deepEqual(plan.producer, { backend: 'libav', width: 640, height: 360, fps: 30, format: 'bgr24', hardware: 'none' });
    const [objects, mine] = plan.algos;
    assert.ok(objects?.kind === 'onnx' && mine?.kind === 'module');
    assert.deepEqual([objects.id, objects.name, objects.frameCount, objects.frameStep, objects.interval], ['objects', 'objects', 1, 0, 1]);
    assert.deepEqual([objects.model, objects.options.labels, objects.options.batch, objects.options.iouThreshold], [at('yolox_nano.onnx'), ['person'], 4, 0.45]);
    assert.deepEqual([mine.name, mine.frameCount, mine.frameStep, mine.interval], ['mine', 5, 6, 2]);
    assert.deepEqual([mine.module, mine.baseFolder, mine.export, mine.kwargs], ['./my-algo.js', FOLDER, 'MyAlgo', { zone: [1, 2] }]);
    assert.deepEqual(plan.recorders.map(({ path, overwrite, draw }) => ({ path, overwrite, draw })), [{ path: at('processed.mp4'), overwrite: true, draw: true }]);
    assert.deepEqual(job.process, { module: './draw.js', export: 'draw', baseFolder: FOLDER, kwargs: {} });
    assert.deepEqual([job.dispatcher, job.logLevel], [undefined, 'info']);
  });

  it('takes the crops of another algo\'s detections by its name, also one that was not given', () => {
    const { algos } = resolveJob({ source: 'a.mp4', algos: [
      { model: 'yolox_nano.onnx', track: true },
      { model: 'faces.onnx', name: 'faces', crops: { of: 'yolox_nano', labels: ['person'], min_size: 40, padding: 0, most: 3, rerun: 'new' } },
      { type: 'code', code: 'return 1', crops: { of: 'faces' } },
    ] }, FOLDER).plan;
    assert.deepEqual(algos.map((algo) => ('crops' in algo ? algo.crops : undefined)), [
      undefined,
      { of: 'yolox_nano', labels: ['person'], minSize: 40, padding: 0, most: 3, rerun: 'new' },
      { of: 'faces', labels: [], minSize: 16, padding: 0.1, most: 10, rerun: 'always' },
    ]);
  });

  const CROPS_WRONG: readonly (readonly [crops: unknown, message: RegExp])[] = [
    [{}, /algos\[1\]\.crops\.of: expected string/],
    [{ of: 'x' }, /algos\[1\]\.crops\.of: expected one of the algos before "faces", got "x"/],
    [{ of: 'objects', min_size: -1 }, /algos\[1\]\.crops\.min_size: expected number to be >=1, got -1/],
    [{ of: 'objects', minSize: 5 }, /algos\[1\]\.crops\.minSize: unknown key/],
    [{ of: 'objects', rerun: 'new' }, /algos\[1\]\.crops\.rerun: expected "always", or that "objects" follows what it finds \(track\), got "new"/],
    ['objects', /algos\[1\]\.crops: expected object, got "objects"/],
    [null, /algos\[1\]\.crops: expected object, got null/],
  ];
  for (const [crops, message] of CROPS_WRONG) {
    it(`crops ${JSON.stringify(crops)}: refused, by the field's name`, () => {
      assert.throws(() => resolveJob({ source: 'a.mp4', algos: [{ model: 'm.onnx', name: 'objects' }, { model: 'f.onnx', name: 'faces', crops }] }, FOLDER), message);
    });
  }

  it('takes zones and lines', () => {
    const [zones, lines] = [[{ name: 'door', polygon: [[0, 0.5], [1, 0.5], [0.5, 1]] }], [{ name: 'gate', from: [0, 0.5], to: [1, 0.5] }]];
    const [algo] = resolveJob({ source: 'a.mp4', algos: [{ type: 'motion', zones, lines }] }, FOLDER).plan.algos;
    assert.deepEqual([algo?.zones, algo?.lines], [zones, lines]);
  });

  it('takes regions and a motion gate', () => {
    const regions = [[[0, 0.5], [1, 0.5], [0.5, 1]]];
    const [algo] = resolveJob({ source: 'a.mp4', algos: [{ type: 'motion', regions, region_mode: 'exclude', motion_gate: { floor: 5 } }] }, FOLDER).plan.algos;
    assert.deepEqual([algo?.regions, algo?.regionMode, algo?.motionGate], [regions, 'exclude', { threshold: 25, minArea: 0.0005, floor: 5 }]);
  });

  it('takes a late policy for each algo; what a class gets by that name stays its own', () => {
    const [queued, own] = resolveJob({ source: 'a.mp4', algos: [
      { type: 'motion', late: 'queue', late_limit: 9 },
      { module: './my-algo.js', export: 'MyAlgo', late: 'restart', kwargs: { late: 'mine' } },
    ] }, FOLDER).plan.algos;
    assert.deepEqual([queued?.late, queued?.lateLimit], ['queue', 9]);
    assert.ok(own?.kind === 'module');
    assert.deepEqual([own.late, own.lateLimit, own.kwargs], ['restart', 4, { late: 'mine' }]);
  });

  it('may hold the code of an algo', () => {
    const [first, second] = resolveJob({ source: 'a', algos: [{ code: 'return 1;', setup: 'context.state.a = 1;', interval: 2, timeout: 3 }, { type: 'code', name: 'mine', code: 'return 2;' }] }, FOLDER).plan.algos;
    assert.ok(first?.kind === 'code' && second?.kind === 'code');
    assert.deepEqual([first.name, first.setup, first.code, first.close, first.baseFolder, first.interval, first.timeout], ['code', 'context.state.a = 1;', 'return 1;', '', FOLDER, 2, 3]);
    assert.deepEqual([second.name, second.code], ['mine', 'return 2;']);
  });

  it('may be nothing but a source', () => {
    const { plan, logLevel } = resolveJob({ source: 'a.mp4' }, FOLDER);
    assert.deepEqual([plan.mode, plan.algos, plan.recorders, plan.producer.backend, logLevel], ['realtime', [], [], 'auto', 'info']);
  });

  for (const [version, key] of [['0.4.1', 'args'], ['0.6.7', 'kwargs']] as const) {
    it(`in the seed's words of ${version} runs as it is`, () => {
      const { plan, dispatcher, process, logLevel } = resolveJob(
        {
          mode: 'offline', source: './classroom.mp4', fps: 30,
          dispatcher: { module: 'stream_infer.dispatcher', name: 'DevelopDispatcher', [key]: { buffer: 1 } },
          algos: [
            { module: './algos/yolo.js', name: 'YoloDetectionAlgo', [key]: { frame_count: 1, frame_step: 0, interval: 1 } },
            { module: './algos/yolo.js', name: 'YoloDetectionAlgo', [key]: { frame_count: 5, frame_step: 6, interval: 60 } },
          ],
          producer: { type: 'opencv', width: 1920, height: 1080 },
          ...(version === '0.6.7' && { process: { module: './dynamic_process.js', name: 'dynamic_process', args: [], kwargs: null }, recording_path: null, logging_level: 'DEBUG' }),
        },
        FOLDER,
      );
      assert.deepEqual([plan.buffer, plan.producer.backend, plan.producer.width, plan.producer.fps], [1, 'libav', 1920, 30]);
      assert.deepEqual(plan.algos.map((algo) => algo.kind === 'module' && [algo.name, algo.export, algo.frameCount, algo.frameStep, algo.interval, algo.kwargs]), [
        ['YoloDetectionAlgo', 'YoloDetectionAlgo', 1, 0, 1, {}],
        ['YoloDetectionAlgo-2', 'YoloDetectionAlgo', 5, 6, 60, {}],
      ]);
      assert.equal(dispatcher, undefined);
      assert.equal(logLevel, version === '0.6.7' ? 'debug' : 'info');
      assert.equal(process?.export, version === '0.6.7' ? 'dynamic_process' : undefined);
    });
  }

  it('takes the seed\'s pyav for libav, and a dispatcher of the user\'s own with its arguments', () => {
    const job = resolveJob({ source: 'a', producer: { type: 'pyav' }, dispatcher: { module: './redis.js', name: 'RedisDispatcher', kwargs: { buffer: 15, host: 'localhost' } } }, FOLDER);
    assert.equal(job.plan.producer.backend, 'libav');
    assert.equal(job.plan.buffer, 15);
    assert.deepEqual(job.dispatcher, { module: './redis.js', export: 'RedisDispatcher', baseFolder: FOLDER, kwargs: { host: 'localhost' } });
  });

  describe('names its algos', () => {
    const names = (algos: unknown[]): string[] => resolveJob({ source: 'a', algos }, FOLDER).plan.algos.map(({ name }) => name);
    const table: [string, unknown[], string[]][] = [
      ['after the model', [{ model: 'models/yolox_nano.onnx' }, { model: 'catalogue:nanodet-320' }], ['yolox_nano', 'nanodet-320']],
      ['after the export, or else the module', [{ module: 'a.js', export: 'A' }, { module: './b/mine.js' }], ['A', 'mine']],
      ['apart', [{ type: 'motion' }, { type: 'motion' }, { type: 'motion' }], ['motion', 'motion-2', 'motion-3']],
      ['around those that were given', [{ type: 'motion' }, { type: 'motion', name: 'motion' }], ['motion-2', 'motion']],
      ['as told', [{ type: 'motion', name: 'x' }, { module: 'a.js', export: 'A', name: 'y' }], ['x', 'y']],
    ];
    for (const [how, algos, expected] of table) it(how, () => { assert.deepEqual(names(algos), expected); });

    it('and refuses one that was given twice', () => {
      assert.throws(() => names([{ type: 'motion', name: 'x' }, { model: 'm.onnx', name: 'x' }]), { code: 'JOB_INVALID', message: /algos\[1\]\.name: "x" is taken/ });
    });
  });

  describe('finds', () => {
    const table: [string, string, string][] = [
      ['a relative path from the job\'s folder', 'videos/a.mp4', at('videos/a.mp4')],
      ['an absolute path', resolve('/v/a.mp4'), resolve('/v/a.mp4')],
      ['a URL', 'rtsp://cam/1', 'rtsp://cam/1'],
      ['a camera', 'device:/dev/video0', 'device:/dev/video0'],
      ['the test pattern', 'test:?seconds=1', 'test:?seconds=1'],
    ];
    for (const [what, source, expected] of table) {
      it(what, () => { assert.equal(resolveJob({ source }, FOLDER).plan.source.location, expected); });
    }

    it('models and class names from the job\'s folder, but not names of the catalogue and of packages', () => {
      const { algos } = resolveJob({ source: 'a', algos: ['m.onnx', 'catalogue:yolox-s', 'npm:p/m.json'].map((model) => ({ model, options: { classNames: 'c.txt' } })) }, FOLDER).plan;
      assert.deepEqual(algos.map((algo) => algo.kind === 'onnx' && algo.model), [at('m.onnx'), 'catalogue:yolox-s', 'npm:p/m.json']);
      assert.ok(algos.every((algo) => algo.kind === 'onnx' && algo.options.classNames === at('c.txt')));
    });

    it('a password in the URL and puts it where it is not shown', () => {
      const { plan } = resolveJob({ source: 'rtsp://ann:p%40ss@cam/1' }, FOLDER);
      assert.deepEqual([plan.name, plan.source.location, plan.source.username, plan.source.password], ['rtsp://cam/1', 'rtsp://cam/1', 'ann', 'p@ss']);
    });
  });

  it('obeys what the caller sets in its place, whose paths start from the working directory', () => {
    const job = { source: 'a.mp4', mode: 'realtime', fps: 30, position: 1, recording_path: 'a-out.mp4' };
    const { plan } = resolveJob(job, FOLDER, { source: 'b.mp4', mode: 'offline', fps: 5, position: 2.5, record: 'out.mp4' });
    assert.deepEqual([plan.name, plan.source.location, plan.mode, plan.producer.fps, plan.source.position], ['b.mp4', resolve('b.mp4'), 'offline', 5, 2.5]);
    assert.equal(plan.recorders[0]?.path, resolve('out.mp4'));
  });

  it('tells how it is recorded: in segments, as clips, and for how long', () => {
    const recorder = { kind: 'clips', keep_for: 3600, keep_size: 1e9, clips: { pre_roll: 2, max_length: 30, trigger: { labels: ['person'], min_score: 0.5 } } };
    const { plan } = resolveJob({ source: 'a.mp4', recording_path: 'clips/{date}-{time}.mp4', recorder }, FOLDER);
    const [made] = plan.recorders;
    assert.deepEqual([made?.kind, made?.keepFor, made?.keepSize], ['clips', 3600, 1e9]);
    assert.deepEqual(made?.clips, { preRoll: 2, postRoll: 5, maxLength: 30, memoryMb: 64, trigger: { labels: ['person'], minScore: 0.5, minCount: 1 } });
    assert.equal(resolveJob({ source: 'a.mp4', recording_path: 'a.mp4', recorder: { kind: 'segments', segment_length: 60 } }, FOLDER).plan.recorders[0]?.segmentLength, 60);
  });

  it('has the settings of a source where one gives an object', () => {
    const { plan } = resolveJob({ source: { location: 'rtsp://cam/1', username: 'ann', timeout: 3, rtspTransport: 'udp' } }, FOLDER);
    assert.deepEqual([plan.source.username, plan.source.timeout, plan.source.rtspTransport], ['ann', 3, 'udp']);
  });

  describe('with a mistake names the field:', () => {
    const table: [path: string, value: unknown, message: RegExp][] = [
      ['source', undefined, /^source: expected object, got nothing/],
      ['source', '', /^source\.location: expected a path, URL, device or test:/],
      ['source', 5, /^source: /],
      ['source', { location: 'a', lop: true }, /^source\.lop: unknown key/],
      ['mode', 'fast', /^mode: expected one of "offline"\|"realtime", got "fast"/],
      ['priority', 11, /^priority: .*<=10, got 11/],
      ['priority', 0.5, /^priority: expected int/],
      ['fps', 0, /^fps: expected number to be >0, got 0/],
      ['fps', '30', /^fps: expected number, got "30"/],
      ['position', -1, /^position: .*got -1/],
      ['producer', [], /^producer: expected object/],
      ['producer.type', 'gst', /^producer\.type: .*"opencv"/],
      ['producer.width', 1, /^producer\.width: .*>=2, got 1/],
      ['producer.height', 1e9, /^producer\.height: /],
      ['producer.format', 'yuv', /^producer\.format: /],
      ['dispatcher.buffer', -1, /^dispatcher\.buffer: /],
      ['dispatcher.kwargs', { buffer: 'x' }, /^dispatcher\.kwargs\.buffer: /],
      ['dispatcher.args', [1], /^dispatcher\.args: expected an object of names and values/],
      ['dispatcher.module', '', /^dispatcher\.module: expected the path of a module/],
      ['algos', {}, /^algos: expected array/],
      ['algos', Array.from({ length: 65 }, () => ({ type: 'motion' })), /^algos: /],
      ['algos.0', 4, /^algos\[0\]: expected "onnx" \(with a model\), "module" \(with a module\), "code" \(with code\), "remote" \(with a url\), "python" \(with a module\) or "motion"/],
      ['algos.0', { code: 'return (' }, /^algos\[0\]\.code: Unexpected token.* \(Run:1\)/],
      ['algos.0', { type: 'code' }, /^algos\[0\]\.code: expected string, got nothing/],
      ['algos.0', { type: 'flow' }, /^algos\[0\]\.type: expected "onnx"/],
      ['algos.0', {}, /^algos\[0\]\.type: expected "onnx"/],
      ['algos.0.type', 'yolo', /^algos\[0\]\.type: expected "onnx"/],
      ['algos.0.frame_count', 0, /^algos\[0\]\.frame_count: .*>=1, got 0/],
      ['algos.0.frame_step', 1.5, /^algos\[0\]\.frame_step: expected int, got 1\.5/],
      ['algos.1.interval', -1, /^algos\[1\]\.interval: .*>=0, got -1/],
      ['algos.1.interval', null, /^algos\[1\]\.interval: expected number, got null/],
      ['algos.1.late', 'drop', /^algos\[1\]\.late: expected one of "skip"\|"queue"\|"restart", got "drop"/],
      ['algos.1.late_limit', 0, /^algos\[1\]\.late_limit: .*>=1, got 0/],
      ['algos.1.late_limit', 101, /^algos\[1\]\.late_limit: .*<=100, got 101/],
      ['algos.1.timeout', 0, /^algos\[1\]\.timeout: /],
      ['algos.1.model', ' ', /^algos\[1\]\.model: expected the path of a model/],
      ['algos.1.options', { scoreThreshold: 2 }, /^algos\[1\]\.options\.scoreThreshold: .*<=1, got 2/],
      ['algos.1.options', { batch: -1 }, /^algos\[1\]\.options\.batch: .*>=0, got -1/],
      ['algos.1.options', { score: 1 }, /^algos\[1\]\.options\.score: unknown key/],
      ['algos.1.frameCount', 1, /^algos\[1\]\.frameCount: unknown key/],
      ['algos.2.name', '', /^algos\[2\]\.name: /],
      ['algos.2.args', ['x'], /^algos\[2\]\.args: expected an object of names and values/],
      ['algos.2.kwargs', { interval: '1' }, /^algos\[2\]\.kwargs\.interval: expected number, got "1"/],
      ['process.module', undefined, /^process\.module: expected string, got nothing/],
      ['process.kwargs', 5, /^process\.kwargs: expected an object/],
      ['recording_path', '', /^recording_path: expected the path of an mp4/],
      ['recorder', { kind: 'clip' }, /^recorder\.kind: /],
      ['recorder', { segmentLength: 5 }, /^recorder\.segmentLength: unknown key/],
      ['recorder', { clips: { pre_roll: -1 } }, /^recorder\.clips\.pre_roll: /],
      ['logging_level', 'loud', /^logging_level: /],
      ['recordingPath', 'x', /^recordingPath: unknown key/],
    ];
    for (const [path, value, message] of table) {
      it(`${path} = ${value === undefined ? 'nothing' : JSON.stringify(value).slice(0, 40)}`, () => {
        assert.throws(() => resolveJob(jobWith(path, value), FOLDER), { code: 'JOB_INVALID', message });
      });
    }

    it('a number given twice', () => {
      const algos = [{ module: 'a.js', interval: 1, kwargs: { interval: 2 } }];
      assert.throws(() => resolveJob({ source: 'a', algos }, FOLDER), { code: 'JOB_INVALID', message: /^algos\[0\]\.interval: given here and among the arguments/ });
    });

    it('all of them at once', () => {
      assert.throws(() => resolveJob({ source: 'a', fps: -1, mode: 1 }, FOLDER), { message: /mode: .*; fps: / });
    });

    for (const json of [null, [], 'text', 5, true]) {
      it(`a job that is ${JSON.stringify(json)}`, () => {
        assert.throws(() => resolveJob(json, FOLDER, { fps: 5 }), { code: 'JOB_INVALID', message: /^expected object/ });
      });
    }

    it('and never shows a password', () => {
      for (const source of [{ location: 'a', password: 'secret', oops: 1 }, { location: '', password: 'secret' }, { location: 'a', password: ['secret'] }]) {
        assert.throws(() => resolveJob({ source }, FOLDER), (error: Error) => !error.message.includes('secret'));
      }
    });
  });
});
