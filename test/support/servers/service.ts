import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { startChild, type TestChild } from './child.js';

type Program = { readonly program: string; readonly args: readonly string[] };

/** A real server of a test's own: in a folder for the time, on a free port of the loopback, which it keeps when it dies and comes back. */
export class Service {
  readonly folder: string;
  readonly port: number;
  readonly #program: Program;
  #child: TestChild | undefined;

  protected constructor(folder: string, port: number, program: Program) {
    this.folder = folder;
    this.port = port;
    this.#program = program;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    this.#child = startChild(this.#program.program, this.#program.args);
    const child = this.#child.process;
    child.stdout?.resume();
    while (!(await takesConnections(this.port))) {
      if (child.exitCode !== null) throw new Error(`${this.#program.program} ended with ${child.exitCode}`);
      await new Promise((done) => setTimeout(done, 30));
    }
  }

  /** By SIGKILL. */
  async kill(): Promise<void> {
    await this.#child?.stop();
  }

  freeze(): void {
    this.#child?.process.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.process.kill('SIGCONT');
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.resume();
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export class RedisServer extends Service {
  static readonly isThere = isInstalled('redis-server');

  /** Every write is on the disk before it is answered. */
  static async open(...settings: readonly string[]): Promise<RedisServer> {
    const [folder, port] = [folderFor('redis'), await freePort()];
    const server = new RedisServer(folder, port, { program: 'redis-server', args: ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--appendonly', 'yes', '--appendfsync', 'always', '--save', '', ...settings] });
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }
}

export class MosquittoServer extends Service {
  static readonly isThere = isInstalled('mosquitto') || existsSync('/usr/sbin/mosquitto');

  static async open(...settings: readonly string[]): Promise<MosquittoServer> {
    const [folder, port] = [folderFor('mosquitto'), await freePort()];
    const config = join(folder, 'mosquitto.conf');
    writeFileSync(config, [`listener ${port} 127.0.0.1`, 'user root', 'persistence true', `persistence_location ${folder}/`, 'autosave_on_changes true', 'autosave_interval 1', 'max_queued_messages 0', ...(settings.some((line) => line.startsWith('password_file')) ? [] : ['allow_anonymous true']), ...settings, ''].join('\n'));
    const server = new MosquittoServer(folder, port, { program: existsSync('/usr/sbin/mosquitto') ? '/usr/sbin/mosquitto' : 'mosquitto', args: ['-c', config] });
    await server.start();
    return server;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }
}

const POSTGRES = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a)).map((version) => `/usr/lib/postgresql/${version}/bin`)[0] : undefined;

export class PostgresServer extends Service {
  static readonly isThere = POSTGRES !== undefined;

  /** With a user `viewer` whose password is `secret`, and a database of that name. */
  static async open(): Promise<PostgresServer> {
    const bin = POSTGRES ?? '';
    const [folder, port] = [folderFor('postgres'), await freePort()];
    const [data, secret] = [join(folder, 'data'), join(folder, 'secret')];
    writeFileSync(secret, 'secret');
    // it refuses to run for root
    const isRoot = process.getuid?.() === 0;
    if (isRoot) execFileSync('chown', ['-R', 'postgres', folder]);
    const as = (program: string, args: readonly string[]): Program => (isRoot ? { program: 'setpriv', args: ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...args] } : { program, args });
    const made = as(join(bin, 'initdb'), ['-D', data, '-U', 'viewer', '--pwfile', secret, '-A', 'scram-sha-256']);
    execFileSync(made.program, made.args, { stdio: 'ignore', cwd: folder });
    const server = new PostgresServer(folder, port, as(join(bin, 'postgres'), ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', '']));
    await server.start();
    return server;
  }

  get url(): string {
    return `postgres://127.0.0.1:${this.port}/postgres`;
  }
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function folderFor(name: string): string {
  return mkdtempSync(join(tmpdir(), `${name}-`));
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function takesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise((resolve) => {
    socket.once('connect', () => { socket.destroy(); resolve(true); });
    socket.once('error', () => { resolve(false); });
  });
}
