import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { clearTimeout, setTimeout } from 'node:timers';

import { DemoFailure } from './failure.mjs';
import { outputs, root, settingsFile, userDir } from './files.mjs';

const USUAL_PORT = 1880;
const START_MS = 120_000;
const STOP_MS = 20_000;

/**
 * Starts Node-RED (`NODE_RED_BIN`, else the development dependency) on the user directory, and resolves when its flows
 * run: `{ url, ended, lastLines(), stop() }`. `ended` gives its exit code. `signal` ends it.
 */
export async function startNodeRed({ headless, signal }) {
  const port = await freePort();
  const [program, ...first] = command();
  const child = spawn(program, [...first, '-u', userDir, '-s', settingsFile(headless), '-p', String(port)], { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((done) => {
    child.once('exit', (code, killedBy) => { done(code ?? killedBy); });
    child.once('error', (error) => { done(error.message); });
  });
  const lines = keepLines(child);
  const lastLines = () => lines.slice(-20).join('\n');
  const stop = () => stopChild(child, ended);
  signal.addEventListener('abort', () => { void stop(); });
  try {
    await untilStarted(child, ended);
  } catch (error) {
    await stop();
    throw new DemoFailure(`${error.message}:\n${lastLines()}`);
  }
  return { url: `http://127.0.0.1:${port}/`, ended, lastLines, stop };
}

/** Node-RED's own file runs under the Node that runs this, on all systems; only what is no script runs by itself. */
function command() {
  const chosen = process.env.NODE_RED_BIN;
  if (chosen) {
    const file = realpathSync(chosen);
    return file.endsWith('.js') ? [process.execPath, file] : [file];
  }
  const manifest = createRequire(join(root, 'package.json')).resolve('node-red/package.json');
  return [process.execPath, join(dirname(manifest), JSON.parse(readFileSync(manifest, 'utf8')).bin['node-red'])];
}

/** The port that people know, unless something else is listening there. */
async function freePort() {
  return (await tryPort(USUAL_PORT)) ?? (await tryPort(0));
}

async function tryPort(wanted) {
  const server = createServer();
  try {
    server.listen(wanted, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  } catch {
    return undefined;
  } finally {
    server.close();
  }
}

/** The newest lines that Node-RED printed; all of them go to the log. */
function keepLines(child) {
  const lines = [];
  const log = createWriteStream(outputs.log);
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      lines.push(line);
      if (lines.length > 200) lines.shift();
    });
  }
  return lines;
}

async function untilStarted(child, ended) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => { fail(new Error(`Node-RED did not start within ${START_MS / 1000} s`)); }, START_MS);
  });
  const started = new Promise((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line.includes('Started flows')) done();
      if (line.includes('Waiting for missing types')) fail(new Error('Node-RED misses node types'));
    });
  });
  const over = ended.then((code) => { throw new Error(`Node-RED ended with ${code}`); });
  try {
    await Promise.race([started, late, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves when it has ended; by force when it takes too long. */
async function stopChild(child, ended) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const force = setTimeout(() => { child.kill('SIGKILL'); }, STOP_MS);
  child.kill('SIGTERM');
  await ended;
  clearTimeout(force);
}
