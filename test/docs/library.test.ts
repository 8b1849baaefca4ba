import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { dataPath, hasData } from '../support/data.js';

const root = resolve(__dirname, '../..');
const run = promisify(execFile);
const [first = '', brightness = ''] = [...readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

describe('docs/library.md', function () {
  this.timeout(60_000);
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'library-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  /** The example as a program of a user: other files than in the text, the package as built. */
  async function play(example: string, files: Record<string, string>): Promise<string> {
    const all = { '@stream-infer/node-red': root, ...files };
    const program = Object.entries(all).reduce((text, [shown, real]) => {
      assert.ok(text.includes(`'${shown}'`), `${shown} is not in the example`);
      return text.replaceAll(`'${shown}'`, JSON.stringify(real));
    }, example);
    writeFileSync(join(folder, 'example.js'), program);
    return (await run(process.execPath, [join(folder, 'example.js')], { cwd: folder })).stdout;
  }

  it('has an offline detection run in under ten lines, which finds what is there', async function () {
    if (!hasData) this.skip();
    assert.ok(first.trim().split('\n').length < 10);
    const stdout = await play(first, { 'street.mp4': dataPath('videos/synthetic_crossing.mp4'), 'yolox_nano.onnx': dataPath('models/variants/yolox_nano_yolov8fmt.onnx') });
    assert.match(stdout, /label: 'person'/);
    assert.match(stdout, /^\d+(\.\d+)? \[/m);
    assert.ok(existsSync(join(folder, 'annotated.mp4')));
  });

  it('has an algo of one\'s own, which gets the frames that it asks for', async () => {
    const stdout = await play(brightness, { 'street.mp4': 'test:?width=64&height=32&fps=25&seconds=4' });
    assert.match(stdout, /delivered: 100/);
    assert.match(stdout, /brightness: \{ runs: 2, /);
  });
});
