import assert from 'node:assert/strict';
import { copyFile, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { dataPath, hasData } from '../support/data.js';
import { authOf, startNodeRed, type NodeRed } from '../support/node-red.js';

const MODEL = dataPath('models/det/nanodet_m_320.onnx');

type Answer = {
  readonly status: number;
  readonly text: string;
  readonly body: {
    readonly code?: string; readonly message?: string; readonly family?: string | null; readonly task?: string; readonly why?: string;
    readonly input?: { width: number; height: number }; readonly classes?: number; readonly labels?: readonly string[]; readonly licence?: string;
  };
};


async function ask(nodeRed: NodeRed, body: unknown, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(`${nodeRed.url}/stream-infer/look-at-model`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...init });
  const text = await response.text();
  return { status: response.status, text, body: /^\{/.test(text) ? (JSON.parse(text) as Answer['body']) : {} };
}

describe('a form is told what its model is', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let folder: string;
  const look = (config: object): Promise<Answer> => ask(nodeRed, { config });

  before(async function () {
    if (!hasData) this.skip();
    folder = await mkdtemp(join(tmpdir(), 'stream-infer-look-'));
    nodeRed = await startNodeRed({
      settings: authOf(['flows.write', 'flows.read', 'stream-infer.write']),
      flows: [{ id: 'fenced', type: 'stream-engine', version: 1, modelFolder: folder }],
    });
    await copyFile(MODEL, join(folder, 'inside.onnx'));
    await symlink(MODEL, join(folder, 'link.onnx'));
  });
  after(async () => {
    await (nodeRed as NodeRed | undefined)?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  it('a file: family, task, input, and the names of its classes', async () => {
    const { status, body } = await look({ model: MODEL });
    assert.equal(status, 200, body.message);
    const { why = '', labels = [], ...rest } = body;
    assert.deepEqual(rest, { family: 'nanodet', task: 'object-detection', input: { width: 320, height: 320 }, classes: 80 });
    assert.deepEqual([labels.length, labels[0], labels[79], why.length > 10], [80, 'person', 'toothbrush', true]);
  });

  it('what the file says of its licence', async () => {
    const { body } = await look({ model: dataPath('models/variants/yolox_nano_yolov8fmt.onnx') });
    assert.match(body.licence ?? '', /Apache-2\.0/);
  });

  it('with the class names and the family of the form', async () => {
    const { body } = await look({ model: MODEL, classNames: 'cat, dog', family: 'nanodet', inputWidth: '', inputFit: 'auto' });
    assert.deepEqual([body.labels, body.classes], [['cat', 'dog'], 80]);
    const other = await look({ model: MODEL, family: 'yolox' });
    assert.deepEqual([other.status, other.body.family], [200, null]);
    assert.match(other.body.why ?? '', /yolox/);
  });

  it('one of the catalogue without fetching it; with names of the form its own are not told', async () => {
    const { body } = await look({ model: 'catalogue:yolox-x' });
    assert.deepEqual([body.family, body.task, body.input, body.classes, body.labels?.[2]], ['yolox', 'object-detection', { width: 640, height: 640 }, 80, 'car']);
    assert.deepEqual((await look({ model: 'catalogue:light-person' })).body.labels, ['person']);
    assert.equal((await look({ model: 'catalogue:yolox-x', classNames: 'a, b' })).body.labels, undefined);
  });

  it('what it is now, once the file is another', async () => {
    const file = join(folder, 'changing.onnx');
    await copyFile(MODEL, file);
    assert.equal((await look({ model: file })).body.family, 'nanodet');
    await copyFile(dataPath('models/face/yunet_n_320_320.onnx'), file);
    assert.equal((await look({ model: file })).body.family, 'yunet');
    await writeFile(file, 'version https://git-lfs.github.com/spec/v1\n');
    assert.equal((await look({ model: file })).body.code, 'MODEL_LOAD_FAILED');
  });

  it('what is known is not looked at again: a file that is no model any more, of the same size and time, stays what it was', async () => {
    const file = join(folder, 'known.onnx');
    await copyFile(MODEL, file);
    await utimes(file, 1000, 1000);
    assert.equal((await look({ model: file })).body.family, 'nanodet');
    await writeFile(file, Buffer.alloc(3_802_801));
    await utimes(file, 1000, 1000);
    assert.equal((await look({ model: file })).body.family, 'nanodet');
    await utimes(file, 1001, 1001);
    assert.equal((await look({ model: file })).body.code, 'MODEL_LOAD_FAILED');
  });

  it('only what lies in the engine’s folder, where it has one', async () => {
    assert.equal((await ask(nodeRed, { config: { model: 'inside.onnx' }, engine: 'fenced' })).body.family, 'nanodet');
    for (const model of [MODEL, '../x.onnx', 'link.onnx']) {
      const { status, body } = await ask(nodeRed, { config: { model }, engine: 'fenced' });
      assert.deepEqual([status, body.code], [400, 'OPTION_INVALID'], model);
    }
  });

  const WRONG: readonly (readonly [string, unknown, number, RegExp])[] = [
    ['no object', [], 400, /OPTION_INVALID/],
    ['no config', {}, 400, /OPTION_INVALID config/],
    ['no model', { config: { model: '' } }, 400, /OPTION_INVALID model: /],
    ['a model that is no text', { config: { model: 5 } }, 400, /OPTION_INVALID config\.model: /],
    ['a path without end', { config: { model: 'x'.repeat(5000) } }, 400, /OPTION_INVALID config\.model: /],
    ['a family that is none', { config: { model: MODEL, family: '__proto__' } }, 400, /OPTION_INVALID .*family/],
    ['a field that is no plain value', { config: { model: MODEL, classNames: [['x']] } }, 400, /OPTION_INVALID config\.classNames: /],
    ['a key that is not known', { config: { model: MODEL }, location: '/etc/passwd' }, 400, /OPTION_INVALID .*location/],
    ['an engine that is not there', { config: { model: MODEL }, engine: 'none' }, 400, /OPTION_INVALID engine: /],
    ['a path out of the folder', { config: { model: '../../../../../../../etc/passwd' } }, 400, /OPTION_INVALID model: expected a file in the model folder/],
    ['class names out of it', { config: { model: MODEL, classNames: '../../../../../../../etc/passwd' } }, 400, /OPTION_INVALID classNames: expected a file in the model folder/],
    ['no such model', { config: { model: 'none.onnx' } }, 422, /MODEL_NOT_FOUND/],
    ['a folder', { config: { model: '.' } }, 422, /MODEL_LOAD_FAILED/],
    ['none of the catalogue', { config: { model: 'catalogue:none' } }, 422, /MODEL_NOT_FOUND/],
    ['a broken model', { config: { model: dataPath('models/tiny/broken_random.onnx') } }, 422, /MODEL_LOAD_FAILED/],
    ['a text file', { config: { model: '/etc/passwd' } }, 422, /MODEL_LOAD_FAILED/],
    ['a URL', { config: { model: 'https://example.org/x.onnx' } }, 422, /MODEL_NOT_FOUND/],
  ];
  for (const [what, body, status, says] of WRONG) {
    it(`${what}: says what is wrong, and no more`, async () => {
      const answer = await ask(nodeRed, body);
      assert.match(`${answer.body.code ?? ''} ${answer.body.message ?? ''}`, says);
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, /root:/);
      assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'message']);
    });
  }

  it('what another site’s form may send is no question', async () => {
    const { status } = await ask(nodeRed, {}, { headers: { 'content-type': 'text/plain' }, body: JSON.stringify({ config: { model: MODEL } }) });
    assert.equal(status, 400);
  });

  it('who may deploy only', async () => {
    for (const permissions of [['read'], ['stream-infer.write'], ['flows.write']]) {
      const other = await startNodeRed({ settings: authOf(permissions) });
      try {
        assert.equal((await ask(other, { config: { model: MODEL } })).status, 401);
      } finally {
        await other.stop();
      }
    }
  });

  it('Node-RED goes on', () => {
    assert.equal(nodeRed.process.exitCode, null);
    assert.deepEqual(nodeRed.logs.filter((line) => /uncaught/i.test(line)), []);
  });
});
