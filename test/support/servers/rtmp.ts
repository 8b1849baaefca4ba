import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

import { startChild } from './child.js';

export type RtmpServer = { readonly url: string; stop(): Promise<void> };

/** The ffmpeg program as an RTMP server for one client, who gets `file` at its own speed; it listens when this resolves. Linux only. */
export async function startRtmpServer(file: string): Promise<RtmpServer> {
  const port = await freePort();
  const url = `rtmp://127.0.0.1:${port}/live/stream`;
  const child = startChild('ffmpeg', ['-nostdin', '-v', 'error', '-re', '-i', file, '-an', '-c:v', 'copy', '-f', 'flv', '-listen', '1', url]);
  const listening = waitForListener(port, () => child.process.exitCode !== null);
  try {
    await listening;
  } catch (error) {
    await child.stop();
    throw error;
  }
  return { url, stop: () => child.stop() };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** Asks the kernel's table of sockets: a trial connection would be the one client that ffmpeg serves. */
async function waitForListener(port: number, hasEnded: () => boolean): Promise<void> {
  const entry = `:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A`;
  while (!(await readFile('/proc/net/tcp', 'latin1')).includes(entry)) {
    if (hasEnded()) throw new Error('ffmpeg ended before it listened');
    await wait(10);
  }
}
