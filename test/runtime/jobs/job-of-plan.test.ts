import assert from 'node:assert/strict';

import { jobOfPlan, resolveJob, resolveStreamPlan, type StreamPlanInput } from '../../../dist/runtime/index.js';

const source = { location: '/videos/cars.mp4' };
type Algos = NonNullable<StreamPlanInput['algos']>;

/** Plans, as the studio makes them. */
const PLANS: readonly { readonly what: string; readonly plan: Omit<StreamPlanInput, 'id' | 'name'> }[] = [
  { what: 'nothing but a source', plan: { source } },
  { what: 'a camera with settings', plan: { source: { location: 'rtsp://camera.example/1', username: 'me', rtspTransport: 'udp', retryOpen: true, stallTimeout: 5 } } },
  { what: 'a position, a rate, a size', plan: { mode: 'offline', source: { ...source, position: 3, loop: true }, producer: { width: 640, fps: 10, format: 'rgb24', backend: 'libav', hardware: 'auto' }, buffer: 40, priority: 3 } },
  { what: 'a model', plan: { source, algos: [{ id: 'x', name: 'objects', kind: 'onnx', model: '/models/m.onnx', frameCount: 5, frameStep: 6, interval: 0, late: 'queue', lateLimit: 2, track: true, options: { scoreThreshold: 0.6, labels: ['person'], executionProviders: ['cuda', 'cpu'], slices: { columns: 2, rows: 2 } } }] } },
  { what: 'zones and lines', plan: { source, algos: [{ id: 'x', name: 'moves', kind: 'motion', zones: [{ name: 'door', polygon: [[0, 0], [1, 0], [1, 1]] }], lines: [{ name: 'Gate 1', from: [0, 0.5], to: [1, 0.5] }] }] } },
  { what: 'regions and a gate', plan: { source, algos: [{ id: 'x', name: 'moves', kind: 'motion', options: { threshold: 9 }, regions: [[[0, 0], [1, 0], [1, 1]]], regionMode: 'exclude', motionGate: { threshold: 10 }, timeout: 5 }] } },
  { what: 'an algo on crops of another', plan: { source, algos: [{ id: 'x', name: 'objects', kind: 'onnx', model: 'catalogue:yolox_nano', track: true }, { id: 'y', name: 'faces', kind: 'onnx', model: '/models/f.onnx', crops: { of: 'x', labels: ['person'], minSize: 40, rerun: 'new' } }] } },
  { what: 'a server', plan: { source, algos: [{ id: 'x', name: 'remote', kind: 'remote', url: 'http://infer.example', protocol: 'json', tokenHeader: 'X-Key', headers: { a: 'b' }, maxAnswerMb: 3, body: 'jpeg', resultPath: 'data[0]' }] } },
  { what: 'code, a module, Python', plan: { source, algos: [
    { id: 'x', name: 'code', kind: 'code', code: 'return 1;', setup: 'let a;', baseFolder: '/jobs' },
    { id: 'y', name: 'mine', kind: 'module', module: '/m/mine.js', export: 'Mine', kwargs: { a: 1 }, baseFolder: '/jobs' },
    { id: 'z', name: 'python', kind: 'python', module: '/m/mine.py', class: 'Mine', kwargs: { b: [1] }, python: 'python3.12', baseFolder: '/jobs' },
  ] } },
];

describe('jobs: the job of a plan', () => {
  for (const { what, plan: given } of PLANS) {
    it(`${what}: the job makes the same plan`, () => {
      const plan = resolveStreamPlan({ id: 's', name: 's', ...given });
      const { job, missing } = jobOfPlan(plan);
      assert.deepEqual(missing, []);
      const again = resolveJob(JSON.parse(JSON.stringify(job)), '/jobs').plan;
      // algos of jobs have their names for ids
      const renamed = (algos: Algos): unknown => algos.map((algo) => ({
        ...algo, id: algo.name, ...('crops' in algo && algo.crops && { crops: { ...algo.crops, of: algos.find(({ id }) => id === algo.crops?.of)?.name } }),
      }));
      // undefined is as good as absent
      const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
      assert.deepEqual(plain({ ...again, algos: renamed(again.algos) }), plain({ ...plan, id: again.id, name: again.name, algos: renamed(plan.algos) }));
    });
  }

  it('passwords and tokens are not in it, and are said to be missing', () => {
    const plan = resolveStreamPlan({
      id: 's', name: 's', source: { location: 'rtsp://camera.example/1', username: 'me', password: 's3cret' },
      algos: [{ id: 'x', name: 'remote', kind: 'remote', url: 'http://infer.example', model: 'm', token: 'tok3n' }],
    });
    const { job, missing } = jobOfPlan(plan);
    assert.deepEqual(missing, ['password', 'token']);
    assert.doesNotMatch(JSON.stringify(job), /s3cret|tok3n/);
  });

  it('what is a default anyway is not written', () => {
    const plan = resolveStreamPlan({ id: 's', name: 's', source, algos: [{ id: 'x', name: 'moves', kind: 'motion' }] });
    assert.deepEqual(jobOfPlan(plan).job, {
      mode: 'realtime', source: source.location, producer: { type: 'auto' },
      algos: [{ name: 'moves', type: 'motion', frame_count: 1, frame_step: 0, interval: 1 }],
    });
  });
});
