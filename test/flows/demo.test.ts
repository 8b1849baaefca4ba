import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { readWholeLines } from '../support/flows.js';

const ROOT = resolve(__dirname, '../..');
const OUT = join(ROOT, '.demo');

type Ended = { readonly code: number | null; readonly output: string };
type Detections = readonly { readonly label: string; readonly score: number }[];

/** Runs the demo to its end; `onOutput` may do something meanwhile. */
async function demo(args: readonly string[], given: { env?: Record<string, string>; onOutput?: (text: string, kill: (signal: NodeJS.Signals) => void) => void } = {}): Promise<Ended> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/demo.mjs'), ...args], { cwd: ROOT, env: { ...process.env, ...given.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      given.onOutput?.(output, (signal) => child.kill(signal));
    });
  }
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('npm run demo', function () {
  this.timeout(180_000);

  it('-- --headless finds the person in the video, writes results and an annotated video, and says so', async () => {
    const { code, output } = await demo(['--headless']);
    assert.equal(code, 0, output);
    assert.match(output, /The run ended well: 400 frames and 80 runs of the model in \d/);
    assert.match(output, /^ {2}person +80 +0\.[5-9]\d$/m);
    assert.match(output, /annotated\.mp4 \(0\.\d\d MB\).*400 frames/);
    assert.match(output, /What next/);
    const lines = readWholeLines(join(OUT, 'results.jsonl')).map((line) => JSON.parse(line) as { position: number; result: Detections });
    assert.equal(lines.length, 80);
    for (const { result } of lines) assert.ok(result.some(({ label }) => label === 'person'));
    assert.deepEqual(lines.map(({ position }) => position), lines.map(({ position }) => position).sort((a, b) => a - b));
    assert.ok(statSync(join(OUT, 'annotated.mp4')).size > 100_000);
    assert.match(readFileSync(join(OUT, 'node-red.log'), 'utf8'), /Stopped flows/);
  });

  it('says why it failed', async () => {
    const wrong = await demo(['--hedless']);
    assert.equal(wrong.code, 1);
    assert.match(wrong.output, /The demo failed: .*--hedless.*--headless/s);
    const broken = await demo(['--headless'], { env: { NODE_RED_BIN: join(ROOT, 'test/fixtures/algos/window-algo.cjs') } });
    assert.equal(broken.code, 1);
    assert.match(broken.output, /The demo failed: Node-RED/);
  });

  it('shows where the editor is, and ends Node-RED when it is told to', async () => {
    let url = '';
    let status = 0;
    const { code, output } = await demo(['--no-open'], {
      onOutput: (text, kill) => {
        const found = /The editor: +(http:\S+)/.exec(text)?.[1];
        if (found === undefined || url !== '') return;
        url = found;
        void fetch(url).then((response) => { status = response.status; }).finally(() => { kill('SIGTERM'); });
      },
    });
    assert.equal(code, 0, output);
    assert.equal(status, 200);
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    await assert.rejects(fetch(url));
    assert.match(readFileSync(join(OUT, 'node-red.log'), 'utf8'), /Stopped flows/);
  });
});
