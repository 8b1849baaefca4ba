import assert from 'node:assert/strict';

import {
  asStreamInferError, fromWire, hidePassword, StreamInferError, toWire, withCredentials, withoutCredentials,
} from '../../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../../dist/runtime/base/plan.js';

const PLAN = { id: 's', name: 'door', source: { location: 'door.mp4' } };

describe('stream plan', () => {
  it('fills every default and is frozen', () => {
    const plan = resolveStreamPlan({ ...PLAN, algos: [{ id: 'a', name: 'objects', kind: 'onnx', model: 'm.onnx' }] });
    assert.equal(plan.mode, 'realtime');
    assert.equal(plan.producer.format, 'bgr24');
    const [algo] = plan.algos;
    assert.deepEqual([algo?.frameCount, algo?.frameStep, algo?.interval], [1, 0, 1]);
    assert.ok(Object.isFrozen(plan));
  });

  const rows: readonly [why: string, change: object, message: RegExp][] = [
    ['an empty location', { source: { location: ' ' } }, /^source\.location: expected a path/],
    ['a location of the wrong type', { source: { location: 7 } }, /^source\.location: expected string, got 7/],
    ['an unknown field', { source: { location: 'a', speed: 2 } }, /source\.speed/],
    ['a negative interval', { algos: [{ id: 'a', name: 'a', kind: 'motion', interval: -1 }] }, /^algos\[0\]\.interval: expected number to be >=0, got -1/],
    ['half a frame', { algos: [{ id: 'a', name: 'a', kind: 'motion', frameCount: 1.5 }] }, /^algos\[0\]\.frameCount: expected int, got 1\.5/],
    ['no number at all', { producer: { fps: Number.NaN } }, /^producer\.fps: expected number, got NaN/],
    ['a huge width', { producer: { width: 1e9 } }, /^producer\.width: expected number to be <=16384, got 1000000000/],
    ['an unknown mode', { mode: 'fast' }, /^mode: expected one of "offline"\|"realtime", got "fast"/],
  ];
  for (const [why, change, message] of rows) {
    it(`refuses ${why} and names the field`, () => {
      assert.throws(() => resolveStreamPlan({ ...PLAN, ...change }), (error: unknown) => {
        assert.equal((error as StreamInferError).code, 'OPTION_INVALID');
        assert.match((error as Error).message, message);
        return true;
      });
    });
  }
});

describe('errors', () => {
  it('keep their code over a structured clone', () => {
    const wire = structuredClone(toWire(new StreamInferError('SOURCE_NOT_FOUND', 'a.mp4 is not there')));
    const error = fromWire(wire);
    assert.deepEqual([error.code, error.message], ['SOURCE_NOT_FOUND', 'a.mp4 is not there']);
  });

  it('of others get the code that fits the place', () => {
    assert.equal(toWire(new TypeError('x'), 'ALGO_RUN_FAILED').code, 'ALGO_RUN_FAILED');
    assert.equal(toWire('thrown text').message, 'thrown text');
    assert.equal(toWire(Object.assign(new Error('x'), { code: 'ENOENT' })).code, 'INTERNAL');
    const cause = new Error('x');
    assert.equal(asStreamInferError(cause).cause, cause);
  });
});

describe('passwords', () => {
  it('never show', () => {
    assert.equal(hidePassword('open rtsp://me:pass@cam/x'), 'open rtsp://me:***@cam/x');
    assert.equal(hidePassword('open rtsp://me:p/a#s@s@cam/x'), 'open rtsp://me:***@cam/x');
    assert.equal(withoutCredentials('rtsp://me:p/a@s@cam/x'), 'rtsp://me:***@cam/x');
    assert.equal(hidePassword('http://a:b@c and rtsp://d:e@f'), 'http://a:***@c and rtsp://d:***@f');
    assert.equal(withoutCredentials('rtsp://me:secret@cam:554/x'), 'rtsp://cam:554/x');
  });

  it('are put in percent-encoded', () => {
    assert.equal(withCredentials('rtsp://cam/x', 'me@home', 'p:/?'), 'rtsp://me%40home:p%3A%2F%3F@cam/x');
    assert.equal(withCredentials('rtsp://old:pw@cam/x', 'new', ''), 'rtsp://new@cam/x');
    assert.equal(withCredentials('/a/file.mp4', 'me', 'x'), '/a/file.mp4');
    assert.equal(withCredentials('rtsp://cam/x', ''), 'rtsp://cam/x');
  });
});
