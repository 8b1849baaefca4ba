import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { algoConfig, type AlgoConfig } from '../../../dist/nodes/algo/algo.config.js';
import { algoPart } from '../../../dist/nodes/algo/algo.plan.js';
import { defaultEngineSettings } from '../../../dist/nodes/shared/parts.js';

describe('models and modules come from configured folders only', () => {
  let root: string;
  let inside: string;
  before(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'folders-')));
    inside = join(root, 'inside');
    mkdirSync(join(inside, 'sub'), { recursive: true });
    mkdirSync(join(root, 'inside-not')); // the same beginning is not the same folder
    for (const file of ['inside/sub/good.js', 'evil.js', 'inside-not/evil.js', 'evil.onnx', 'inside/sub/good.onnx', 'evil.py', '..evil.js', 'inside/..good.js']) writeFileSync(join(root, file), 'module.exports = {};');
    symlinkSync(join(root, 'evil.js'), join(inside, 'link.js'));
    symlinkSync(join(root, 'evil.onnx'), join(inside, 'link.onnx'));
    symlinkSync(join(root, 'evil.py'), join(inside, 'link.py'));
    symlinkSync(root, join(inside, 'out'), 'dir');
    symlinkSync(join(inside, 'sub/good.js'), join(inside, 'alias.js'));
    symlinkSync(inside, join(root, 'door'), 'dir');
  });
  after(() => { rmSync(root, { recursive: true }); });

  function part(config: Partial<AlgoConfig>, engine: object = {}): Readonly<Record<string, unknown>> {
    const settings = { ...defaultEngineSettings(inside), modelsOnlyFromFolder: true, ...engine };
    return algoPart({ ...algoConfig.defaults, ...config }).algo(settings);
  }
  const refuses = (field: string) => (error: Error & { code: string }): boolean => {
    assert.equal(error.code, 'OPTION_INVALID');
    assert.match(error.message, new RegExp(`^${field}: expected a file in the \\w+ folder .*set the folder in the stream-engine$`));
    return true;
  };

  const HOSTILE = ['../evil.js', 'sub/../../evil.js', '/etc/passwd', '../inside-not/evil.js', 'link.js', 'out/evil.js', 'out/evil', 'link', '..', 'a/../../evil', '@a/b/../../../evil', '..evil.js/../../evil.js'];
  for (const module of HOSTILE) {
    it(`module ${JSON.stringify(module)} is refused`, () => {
      assert.throws(() => part({ kind: 'module', module }), refuses('module'));
    });
  }
  for (const module of ['sub/good.js', './sub/good.js', 'sub/good', 'alias.js', '..good.js', 'a-package', '@scope/package', '@scope/package/file', 'none.js']) {
    it(`module ${module} may be loaded`, () => {
      assert.equal(part({ kind: 'module', module })['kind'], 'module');
    });
  }
  it('a file: URL is no way out', () => {
    const { module } = part({ kind: 'module', module: `file://${root}/evil.js` });
    assert.equal(module, join(inside, 'file:', root, 'evil.js'));
  });
  it('the folder itself may be reached by a link', () => {
    assert.equal(part({ kind: 'module', module: 'sub/good.js' }, { moduleFolder: join(root, 'door') })['module'], join(root, 'door/sub/good.js'));
  });

  for (const pythonModule of ['../evil.py', 'link.py', 'out/evil.py', '/etc/passwd', './../evil']) {
    it(`Python ${pythonModule} is refused`, () => {
      assert.throws(() => part({ kind: 'python', pythonModule }), refuses('module'));
    });
  }

  for (const field of ['model', 'recognition', 'characters', 'classNames'] as const) {
    for (const path of ['../evil.onnx', 'link.onnx', 'out/evil.onnx', 'sub/../../evil.onnx', '/etc/passwd']) {
      it(`${field} ${path} is refused where a model folder is set up`, () => {
        assert.throws(() => part({ kind: 'onnx', model: 'sub/good.onnx', [field]: path }), refuses(field));
      });
    }
  }
  it('where none is set up, a relative path still stays in the user directory, and an absolute one is as its author wrote it', () => {
    const engine = { modelsOnlyFromFolder: false };
    assert.throws(() => part({ kind: 'onnx', model: '../evil.onnx' }, engine), refuses('model'));
    assert.equal(part({ kind: 'onnx', model: join(root, 'evil.onnx') }, engine)['model'], join(root, 'evil.onnx'));
    assert.equal(part({ kind: 'onnx', model: 'sub/good.onnx' }, engine)['model'], join(inside, 'sub/good.onnx'));
  });
});
