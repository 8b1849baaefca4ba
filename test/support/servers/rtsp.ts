import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { startChild } from './child.js';

export type RtspServerOptions = {
  /** An H.264 mp4, served as `/file` from its start to every client. */
  readonly file?: string;
  /** Basic authentication for everything served. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** Default: a free one. */
  readonly port?: number;
  /** The live test picture's codec. Default h264. */
  readonly codec?: 'h264' | 'h265' | 'mjpeg';
  /** Its size. Default 320x240. */
  readonly size?: `${number}x${number}`;
  /** Its frames a second, as a fraction. Default 15/1. */
  readonly rate?: `${number}/${number}`;
  /** Where it is served. Default test. */
  readonly path?: string;
  /** A pattern of GStreamer's videotestsrc. Default ball, which moves. */
  readonly pattern?: 'ball' | 'snow' | 'black' | 'smpte75';
};

export type RtspServer = {
  /** The file, without credentials. */
  readonly url: string;
  /** A live test picture, without credentials. */
  readonly testUrl: string;
  /** Stands still, connections and all, until `resume`. */
  freeze(): void;
  resume(): void;
  stop(): Promise<void>;
};

/** A real RTSP server (GStreamer's) on a port of the loopback, over TCP and UDP; it accepts clients when this resolves. */
export async function startRtspServer(options: RtspServerOptions = {}): Promise<RtspServer> {
  // GStreamer's bindings belong to the system's Python, which need not be the first on the PATH.
  const python = existsSync('/usr/bin/python3') ? '/usr/bin/python3' : 'python3';
  const args = [join(__dirname, 'rtsp-server.py')];
  if (options.file !== undefined) args.push('--file', options.file);
  if (options.auth) args.push('--user', options.auth.username, '--password', options.auth.password);
  if (options.port !== undefined) args.push('--port', String(options.port));
  for (const name of ['codec', 'size', 'rate', 'pattern', 'path'] as const) {
    const value = options[name];
    if (value !== undefined) args.push(`--${name}`, value);
  }
  const child = startChild(python, args);
  const [, port] = await child.waitForLine(/^ready (\d+)$/);
  const base = `rtsp://127.0.0.1:${port ?? ''}`;
  return {
    url: `${base}/file`,
    testUrl: `${base}/${options.path ?? 'test'}`,
    freeze: () => { child.process.kill('SIGSTOP'); },
    resume: () => { child.process.kill('SIGCONT'); },
    stop: () => child.stop(),
  };
}
