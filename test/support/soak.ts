import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import type { StreamPlanInput } from '../../dist/runtime/base/index.js';
import { openEngineClient } from '../../dist/runtime/engine/index.js';
import { EngineProbe } from './engine.js';
import { enginePidsOf } from './overload.js';
import { saveAnswer } from './tiny-models.js';

/*
 * Streams opened and closed, sources lost and found, models loaded and dropped, time after time in one engine, and what the engine's process has of the system.
 */

/** What a process has, of Linux. */
export type Footprint = {
  readonly rssMiB: number;
  /** Open files, sockets and the like. */
  readonly handles: number;
  readonly threads: number;
  /** Files and folders in its folder for temporary ones. */
  readonly temporary: number;
};

export function footprintOf(pid: number, temporaryFolder: string): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return {
    rssMiB: Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024),
    handles: readdirSync(`/proc/${pid}/fd`).length,
    threads: Number(/^Threads:\s+(\d+)/m.exec(status)?.[1]),
    temporary: readdirSync(temporaryFolder, { recursive: true }).length,
  };
}

/** The same a moment later, when what ends has ended: the least of each in a second. */
export async function settledFootprint(pid: number, temporaryFolder: string): Promise<Footprint> {
  let least = footprintOf(pid, temporaryFolder);
  for (let look = 0; look < 10; look += 1) {
    await wait(100);
    const now = footprintOf(pid, temporaryFolder);
    least = { rssMiB: Math.min(least.rssMiB, now.rssMiB), handles: Math.min(least.handles, now.handles), threads: Math.min(least.threads, now.threads), temporary: Math.min(least.temporary, now.temporary) };
  }
  return least;
}

const ALGOS = resolve(__dirname, '../fixtures/algos');
const MODULE = { kind: 'module' as const, module: join(ALGOS, 'window-algo.cjs'), export: 'WindowAlgo', interval: 0.2 };
/** Cameras that break off, at the same time. */
const CAMERAS = 4;

/** An engine in a process of its own that never rests. */
export class SoakEngine {
  readonly pid: number;
  readonly temporaryFolder: string;
  readonly #probe: EngineProbe;
  readonly #folder: string;
  readonly #server: Server;
  readonly #model: string;
  #rounds = 0;
  #streams = 0;
  #reconnects = 0;

  private constructor(parts: { readonly probe: EngineProbe; readonly folder: string; readonly server: Server; readonly model: string }) {
    this.#probe = parts.probe;
    this.#folder = parts.folder;
    this.#server = parts.server;
    this.#model = parts.model;
    this.temporaryFolder = join(parts.folder, 'tmp');
    this.pid = enginePidsOf(process.pid).at(-1) ?? -1;
  }

  static async open(): Promise<SoakEngine> {
    const folder = mkdtempSync(join(tmpdir(), 'stream-infer-soak-'));
    const model = await saveAnswer([1, 2, 3], [1, 3]);
    const server = await startBreakingCamera(makeClip(folder));
    const before = process.env['TMPDIR'];
    process.env['TMPDIR'] = join(folder, 'tmp');
    const probe = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
    return new SoakEngine({ probe, folder, server, model });
  }

  /** What was done so far. */
  get counts(): { readonly rounds: number; readonly streams: number; readonly reconnects: number } {
    return { rounds: this.#rounds, streams: this.#streams, reconnects: this.#reconnects };
  }

  /** Rounds of short streams for so long, beside cameras that break off again and again; then nothing plays any more. */
  async play(seconds: number): Promise<void> {
    const endsAtMs = performance.now() + seconds * 1000;
    const cameras = Array.from({ length: CAMERAS }, (_, at) => `camera ${at}`);
    const { port } = this.#server.address() as AddressInfo;
    for (const id of cameras) await this.#start(id, { mode: 'realtime', source: { location: `http://127.0.0.1:${port}/${id.replace(' ', '')}.mjpeg` }, algos: [{ id: 'm', name: 'm', kind: 'motion', interval: 0.1 }] });
    while (performance.now() < endsAtMs) await this.#round();
    this.#reconnects += this.#probe.events.filter(({ event }) => event === 'reconnected').length;
    await Promise.all(cameras.map((id) => this.#probe.engine.stop(id)));
    this.#forget();
  }

  async close(): Promise<void> {
    await this.#probe.engine.close();
    this.#server.close();
    this.#server.closeAllConnections();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Streams of all kinds, from their beginning to their end. */
  async #round(): Promise<void> {
    this.#rounds += 1;
    const clip = { location: join(this.#folder, 'clip.mp4') };
    const ended = ['libav', 'ffmpeg', 'model', 'broken', 'missing'].map((kind) => `${kind} ${this.#rounds}`);
    const [libav, ffmpeg, model, broken, missing] = ended as [string, string, string, string, string];
    await this.#start(libav, { source: clip, algos: [{ id: 'a', name: 'a', ...MODULE }], recorders: [{ id: 'r', path: join(this.#folder, 'out.mp4'), overwrite: true, preset: 'ultrafast' }] });
    await this.#start(ffmpeg, { source: clip, producer: { backend: 'ffmpeg' }, algos: [{ id: 'a', name: 'a', ...MODULE }] });
    await this.#start(model, { source: clip, algos: [{ id: `o${this.#rounds}`, name: 'o', kind: 'onnx', model: this.#model, interval: 0.2, options: { family: 'raw' } }] });
    await this.#start(broken, { source: clip, algos: [{ id: 'b', name: 'b', ...MODULE, export: 'ThrowingAlgo', kwargs: { where: 'open' } }] });
    await this.#start(missing, { source: { location: '/nowhere.mp4' } });
    const stopped = `stopped ${this.#rounds}`;
    await this.#start(stopped, { mode: 'realtime', source: { ...clip, loop: true }, algos: [{ id: 'a', name: 'a', ...MODULE, interval: 0 }] });
    await this.#probe.until(() => this.#probe.results.find(({ streamId }) => streamId === stopped) ?? this.#endOf(stopped));
    await this.#probe.engine.stop(stopped);
    await Promise.all(ended.map((id) => this.#probe.until(() => this.#endOf(id))));
    this.#reconnects += this.#probe.events.filter(({ event }) => event === 'reconnected').length;
    this.#forget();
  }

  #endOf(id: string): object | undefined {
    return this.#probe.events.find(({ event, streamId }) => event === 'ended' && streamId === id);
  }

  async #start(id: string, plan: Partial<StreamPlanInput> & Pick<StreamPlanInput, 'source'>): Promise<void> {
    this.#streams += 1;
    await this.#probe.start({ id, name: id, ...plan });
  }

  #forget(): void {
    this.#probe.results.length = 0;
    this.#probe.events.length = 0;
  }
}

function makeClip(folder: string): Buffer {
  mkdirSync(join(folder, 'tmp'));
  const make = (...args: readonly string[]): void => {
    execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=20', ...args]);
  };
  make('-t', '1', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', join(folder, 'clip.mp4'));
  make('-frames:v', '1', '-c:v', 'mjpeg', join(folder, 'picture.jpg'));
  return readFileSync(join(folder, 'picture.jpg'));
}

/** A camera of the network that breaks off after ten pictures, each time. */
async function startBreakingCamera(jpeg: Buffer): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
    for (let picture = 0; picture < 10; picture += 1) response.write(Buffer.concat([Buffer.from(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${jpeg.length}\r\n\r\n`), jpeg, Buffer.from('\r\n')]));
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}
