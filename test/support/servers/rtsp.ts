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
};

export type RtspServer = {
  /** The file, without credentials. */
  readonly url: string;
  /** A live test picture, 320×240 at 15 frames a second, without credentials. */
  readonly testUrl: string;
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
  const child = startChild(python, args);
  const [, port] = await child.waitForLine(/^ready (\d+)$/);
  return { url: `rtsp://127.0.0.1:${port ?? ''}/file`, testUrl: `rtsp://127.0.0.1:${port ?? ''}/test`, stop: () => child.stop() };
}
