import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';

/** What a hostile server answers: a body, or whatever a function does. */
export type HostileAnswer = string | Buffer | ((request: IncomingMessage, response: ServerResponse) => void);

export type HostileServer = {
  /** `http://ADDRESS:PORT`, without a slash at the end. */
  readonly url: string;
  /** Paths asked for, in order. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
};

/** A web server that answers by path; all else is 404. `address`: any of the loopback's (Linux has all of 127.0.0.0/8). */
export async function startHostileServer(answers: Readonly<Record<string, HostileAnswer>>, address = '127.0.0.1'): Promise<HostileServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '/';
    requests.push(path);
    const answer = answers[path];
    if (typeof answer === 'function') answer(request, response);
    else response.writeHead(answer === undefined ? 404 : 200, path.endsWith('.m3u8') ? { 'content-type': 'application/vnd.apple.mpegurl' } : {}).end(answer);
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, address, resolve));
  const stop = (): Promise<void> => new Promise((resolve) => { server.close(() => { resolve(); }).closeAllConnections(); });
  return { url: `http://${address}:${(server.address() as AddressInfo).port}`, requests, stop };
}

/** A port of the loopback on which no HTTP is spoken; counts who comes, and the bytes they say. */
export async function startInnerService(): Promise<{ readonly port: number; readonly visits: () => number; readonly heard: () => number; stop(): Promise<void> }> {
  let visits = 0;
  let heard = 0;
  const server = createTcpServer((socket) => {
    visits += 1;
    socket.on('error', () => undefined).on('data', (bytes) => { heard += bytes.length; }).end('SSH-2.0-OpenSSH_9.2\r\n');
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, visits: () => visits, heard: () => heard, stop: () => new Promise((resolve) => { server.close(() => { resolve(); }); }) };
}
