import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { dataPath, hasData } from '../support/data.js';

const root = resolve(__dirname, '../..');
const run = promisify(execFile);
const examples = [...readFileSync(join(root, 'docs/library.md'), 'utf8').matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

/** The only example with that text in it. */
function exampleWith(text: string): string {
  const [example = '', ...others] = examples.filter((candidate) => candidate.includes(text));
  assert.ok(example !== '' && others.length === 0, `one example with ${text}`);
  return example;
}

/** Frame 60 of a video of 960x540, packed RGB. */
async function frame60(path: string): Promise<Buffer> {
  const args = ['-v', 'error', '-i', path, '-vf', 'select=eq(n\\,60)', '-frames:v', '1', '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  return (await run('ffmpeg', args, { encoding: 'buffer', maxBuffer: 1 << 28 })).stdout;
}

/** How many pixels have about the colour of the first class. */
function orangePixels(rgb: Buffer = Buffer.alloc(0)): number {
  let count = 0;
  for (let at = 0; at < rgb.length; at += 3) {
    const [red = 0, green = 0, blue = 0] = rgb.subarray(at, at + 3);
    if (Math.abs(red - 230) < 20 && Math.abs(green - 159) < 20 && blue < 30) count += 1;
  }
  return count;
}

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
    const [first = ''] = examples;
    assert.ok(first.trim().split('\n').length < 10);
    const stdout = await play(first, { 'street.mp4': dataPath('videos/synthetic_crossing.mp4'), 'yolox_nano.onnx': dataPath('models/variants/yolox_nano_yolov8fmt.onnx') });
    assert.match(stdout, /label: 'person'/);
    assert.match(stdout, /^\d+(\.\d+)? \[/m);
    assert.ok(existsSync(join(folder, 'annotated.mp4')));
  });

  it('has an algo on crops of another one\'s detections', async function () {
    if (!hasData) this.skip();
    const stdout = await play(exampleWith('crops: {'), { 'street.mp4': dataPath('videos/synthetic_crossing.mp4'), 'yolox_nano.onnx': dataPath('models/variants/yolox_nano_yolov8fmt.onnx') });
    assert.match(stdout, /^person \d+x\d+/m);
  });

  it('has an algo of one\'s own, which gets the frames that it asks for', async () => {
    const stdout = await play(exampleWith('class Brightness'), { 'street.mp4': 'test:?width=64&height=32&fps=25&seconds=4' });
    assert.match(stdout, /delivered: 100/);
    assert.match(stdout, /brightness: \{ runs: 2, /);
  });

  it('has a process hook that draws, and its frames are recorded', async function () {
    if (!hasData) this.skip();
    const stdout = await play(exampleWith('a black bar'), { 'street.mp4': dataPath('videos/synthetic_crossing.mp4'), 'yolox_nano.onnx': dataPath('models/variants/yolox_nano_yolov8fmt.onnx') });
    assert.match(stdout, /annotated\.mp4/);
    const [drawn, source] = await Promise.all([join(folder, 'annotated.mp4'), dataPath('videos/synthetic_crossing.mp4')].map(frame60));
    assert.ok(drawn?.subarray(0, 960 * 3 * 8).every((level) => level < 20), 'the bar is black');
    assert.ok(orangePixels(drawn) > orangePixels(source) + 1000, 'boxes are drawn');
  });

  it('has a recorder of one\'s own, which records some frames', async function () {
    if (!hasData) this.skip();
    const stdout = await play(exampleWith('openRecorder'), { 'street.mp4': dataPath('videos/synthetic_crossing.mp4'), 'yolox_nano.onnx': dataPath('models/variants/yolox_nano_yolov8fmt.onnx') });
    const [, frames = ''] = /people\.mp4',\s+frames: (\d+)/.exec(stdout) ?? [];
    const counted = await run('ffprobe', ['-v', 'error', '-count_frames', '-show_entries', 'stream=nb_read_frames', '-of', 'csv=p=0', join(folder, 'people.mp4')]);
    assert.ok(Number(frames) > 0, stdout);
    assert.equal(counted.stdout.trim(), frames);
  });

  it('has a run that tells what it cost', async function () {
    if (!hasData) this.skip();
    const stdout = await play(exampleWith('stats.decode'), { 'street.mp4': dataPath('videos/synthetic_crossing.mp4'), 'yolox_nano.onnx': dataPath('models/variants/yolox_nano_yolov8fmt.onnx') });
    const [, picture, run] = /^a picture ([\d.]+) a run ([\d.]+)$/m.exec(stdout) ?? [];
    assert.ok(Number(picture) > 0 && Number(run) > 0, stdout);
  });

  it('has a producer without an algo, and leaves its loop', async () => {
    const stdout = await play(exampleWith('openProducer'), { 'street.mp4': 'test:?width=1280&height=720&fps=25&seconds=20' });
    const lines = stdout.trim().split('\n');
    assert.equal(lines[0], '1 0 640 360 691200');
    assert.equal(lines.at(-1), '51 10 640 360 691200');
    assert.equal(lines.length, 51);
  });
});
