import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const ROOT = resolve(__dirname, '../..');

/** How `startNodeRed` starts it. */
export type NodeRedOptions = {
  /** What flows.json holds from the start. Default: one empty tab. */
  readonly flows?: readonly object[];
  /** Plain-data settings that overrule those of the test. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Environment variables beside this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** A user directory that has the package; it stays when Node-RED stops. Default: a fresh one with the built package linked in. */
  readonly userDir?: string;
};

/** A real Node-RED in a process and a user directory of its own. */
export type NodeRed = {
  /** Of the editor and the admin API, without a slash at the end. */
  readonly url: string;
  readonly userDir: string;
  readonly process: ChildProcess;
  /** Lines of stdout and stderr so far; grows. */
  readonly logs: readonly string[];
  /** A request to the admin API; a body is sent as JSON text. Throws with the answer's text unless it is 2xx. */
  admin(path: string, init?: RequestInit): Promise<Response>;
  /** Ends it (at most 20 s, then by force) and removes a user directory that it made. May be called twice. */
  stop(): Promise<void>;
};

/**
 * Starts Node-RED (`NODE_RED_BIN`, else the one in node_modules) and waits until its flows run. Throws with its log where
 * it ends before, misses a node type, or takes more than 60 s.
 */
export async function startNodeRed(options: NodeRedOptions = {}): Promise<NodeRed> {
  const userDir = options.userDir ?? (await linkedUserDir());
  const port = await freePort();
  await fillUserDir(userDir, options);
  const bin = process.env['NODE_RED_BIN'] ?? join(ROOT, 'node_modules/.bin/node-red');
  const child = spawn(bin, ['-u', userDir, '-s', join(userDir, 'settings.js'), '-p', String(port)], {
    cwd: userDir,
    env: { ...process.env, LC_ALL: 'en_US.UTF-8', ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = makeStop(child, options.userDir === undefined ? userDir : undefined);
  const logs: string[] = [];
  try {
    await untilReady(child, logs);
  } catch (error) {
    await stop();
    throw error;
  }
  const url = `${options.settings?.['https'] === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return { url, userDir, process: child, logs, admin: (path, init) => request(url + path, init), stop };
}

/** Settings by which whoever asks without a name may do this. */
export function authOf(permissions: readonly string[]): Record<string, unknown> {
  return { adminAuth: { type: 'credentials', users: [], default: { permissions } } };
}

/** A fresh user directory with the built package linked in; whoever asks removes it. */
export async function linkedUserDir(): Promise<string> {
  const userDir = await mkdtemp(join(tmpdir(), 'stream-infer-node-red-'));
  await mkdir(join(userDir, 'node_modules/@stream-infer'), { recursive: true });
  await symlink(ROOT, join(userDir, 'node_modules/@stream-infer/node-red'), 'dir');
  return userDir;
}

async function fillUserDir(userDir: string, options: NodeRedOptions): Promise<void> {
  const settings = {
    uiHost: '127.0.0.1',
    credentialSecret: 'test',
    flowFile: 'flows.json',
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, projects: { enabled: false }, palette: { catalogues: [] } },
    ...options.settings,
  };
  const flows = options.flows ?? [{ id: 'tab1', type: 'tab', label: 'Test' }];
  await writeFile(join(userDir, 'settings.js'), `module.exports = ${JSON.stringify(settings, null, 2)};\n`);
  await writeFile(join(userDir, 'flows.json'), JSON.stringify(flows));
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

function untilReady(child: ChildProcess, logs: string[]): Promise<void> {
  return new Promise((done, fail) => {
    const failWith = (reason: string): void => {
      clearTimeout(timer);
      fail(new Error(`Node-RED ${reason}:\n${logs.join('\n')}`));
    };
    const timer = setTimeout(failWith, 60_000, 'is not ready after 60 s');
    const onLine = (line: string): void => {
      logs.push(line);
      if (line.includes('Waiting for missing types')) failWith('misses node types');
      if (!line.includes('Started flows')) return;
      clearTimeout(timer);
      done();
    };
    for (const stream of [child.stdout, child.stderr]) {
      if (stream) createInterface({ input: stream }).on('line', onLine);
    }
    child.once('error', (error) => { failWith(`did not start: ${error.message}`); });
    child.once('exit', (code) => { failWith(`ended with ${String(code)}`); });
  });
}

async function request(url: string, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  const response = await fetch(url, { ...init, headers });
  if (!response.ok) throw new Error(`${init?.method ?? 'GET'} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

/** `folder`: what goes away with it. */
function makeStop(child: ChildProcess, folder: string | undefined): () => Promise<void> {
  const ended = new Promise<void>((done) => {
    child.once('exit', () => { done(); });
    child.once('error', () => { done(); });
  });
  return async () => {
    const force = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
}
