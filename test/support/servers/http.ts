import { execFile } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { promisify } from 'node:util';

export type HttpServerOptions = {
  /** Folder that is served under `/`. */
  readonly folder?: string;
  /** Frames a second of `/mjpeg`. Default 20. */
  readonly mjpegFps?: number;
};

/**
 * A server on a free port of the loopback:
 * `/…` files of the folder, with ranges; `/mjpeg` an endless multipart MJPEG of a 320×240 test picture, `/mjpeg-stall` and `/mjpeg-cut` one that stops
 * coming or breaks off after ten pictures; `/status/404`
 * any status; `/auth/…` the folder behind basic authentication (`viewer`, `secret`); `/stall/…` a file that stops
 * coming after half of its bytes, for ever; `/cut/…` a file whose connection breaks off after half of its bytes, whatever range
 * is asked for; `/cut-once/…` the same at the first request only, later ones get their ranges; `/long/…` and `/short/…` a file that is said to have twice or half of its bytes.
 */
export type HttpServer = {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** Paths asked for so far, in order. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
};

type Handler = (path: string, request: IncomingMessage, response: ServerResponse) => Promise<void> | void;

const TYPES: Readonly<Record<string, string>> = {
  '.mp4': 'video/mp4', '.ts': 'video/mp2t', '.m3u8': 'application/vnd.apple.mpegurl', '.webm': 'video/webm',
  '.json': 'application/json', '.jpg': 'image/jpeg', '.png': 'image/png', '.onnx': 'application/octet-stream',
};
const BASIC = `Basic ${Buffer.from('viewer:secret').toString('base64')}`;

/** Starts the server; it accepts clients when this resolves. */
export async function startHttpServer(options: HttpServerOptions = {}): Promise<HttpServer> {
  const requests: string[] = [];
  const routes = makeRoutes(options);
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname);
    requests.push(path);
    const [prefix, handle] = routes.find(([start]) => path.startsWith(start)) ?? ['', sendNotFound];
    Promise.resolve(handle(path.slice(prefix.length), request, response)).catch(() => { sendStatus(response, 404); });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, stop: () => stopServer(server) };
}

function makeRoutes(options: HttpServerOptions): readonly (readonly [string, Handler])[] {
  const { folder } = options;
  const files: (readonly [string, Handler])[] = folder === undefined ? [] : fileRoutes(folder);
  return [
    ['/status/', (code, _request, response) => { sendStatus(response, Number(code)); }],
    ['/mjpeg-stall', (_path, _request, response) => sendMjpeg(response, options.mjpegFps ?? 20, { count: 10, end: () => undefined })],
    ['/mjpeg-cut', (_path, _request, response) => sendMjpeg(response, options.mjpegFps ?? 20, { count: 10, end: () => response.destroy() })],
    ['/mjpeg', (_path, _request, response) => sendMjpeg(response, options.mjpegFps ?? 20)],
    ...files,
  ];
}

function fileRoutes(folder: string): (readonly [string, Handler])[] {
  const cut = new Set<string>();
  const send: Handler = (path, request, response) => sendFile(join(folder, normalize(`/${path}`)), request, response);
  const said = (times: number): Handler => (path, { headers: { range } }, response) => sendPart(join(folder, normalize(`/${path}`)), { range, isHead: false, said: times }, response);
  const half = (path: string, response: ServerResponse, end: () => void): Promise<void> => sendHalf(join(folder, normalize(`/${path}`)), response, end);
  return [
    ['/auth/', (path, request, response) => {
      if (request.headers.authorization === BASIC) return send(path, request, response);
      response.setHeader('www-authenticate', 'Basic realm="test"');
      sendStatus(response, 401);
    }],
    ['/cut-once/', (path, request, response) => {
      if (cut.has(path)) return send(path, request, response);
      cut.add(path);
      response.setHeader('accept-ranges', 'bytes');
      return half(path, response, () => response.destroy());
    }],
    ['/long/', said(2)],
    ['/short/', said(0.5)],
    ['/stall/', (path, _request, response) => half(path, response, () => undefined)],
    ['/cut/', (path, _request, response) => half(path, response, () => response.destroy())],
    ['/', send],
  ];
}

const sendNotFound: Handler = (_path, _request, response) => { sendStatus(response, 404); };

function sendStatus(response: ServerResponse, code: number): void {
  if (response.headersSent) return void response.destroy();
  response.writeHead(code).end();
}

async function sendFile(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  await sendPart(path, { range: request.headers.range, isHead: request.method === 'HEAD', said: 1 }, response);
}

/** `said`: the file is said to have so many times its bytes. */
type Asked = { readonly range: string | undefined; readonly isHead: boolean; readonly said: number };

async function sendPart(path: string, { range, isHead, said }: Asked, response: ServerResponse): Promise<void> {
  const { size } = await stat(path);
  const told = Math.floor(size * said);
  const [isPart, from, to] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
  const start = Number(from ?? 0);
  const end = to ? Math.min(Number(to), told - 1) : told - 1;
  if (start > end) return void response.writeHead(416, { 'content-range': `bytes */${told}` }).end();
  response.writeHead(isPart === undefined ? 200 : 206, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    ...(isPart === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${told}` }),
  });
  if (isHead) return void response.end();
  response.flushHeaders();
  if (start >= size) return void response.destroy();
  // what is said and not there breaks off
  createReadStream(path, { start, end }).on('error', () => response.destroy()).on('end', () => { if (end >= size) response.destroy(); }).pipe(response, { end: end < size });
}

async function sendHalf(path: string, response: ServerResponse, atHalf: () => void): Promise<void> {
  const { size } = await stat(path);
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-length': size });
  createReadStream(path, { end: Math.floor(size / 2) }).on('end', atHalf).pipe(response, { end: false });
}

type MjpegEnd = { readonly count: number; readonly end: () => void };

async function sendMjpeg(response: ServerResponse, fps: number, { count: most, end }: MjpegEnd = { count: Infinity, end: () => undefined }): Promise<void> {
  const pictures = await testPictures();
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  let count = 0;
  const timer = setInterval(() => {
    const picture = pictures[count++ % pictures.length];
    if (!picture) return;
    if (count > most) {
      clearInterval(timer);
      end();
      return;
    }
    response.write(`--frame\r\nContent-Type: image/jpeg\r\nContent-Length: ${picture.length}\r\n\r\n`);
    response.write(picture);
    response.write('\r\n');
  }, 1000 / fps);
  response.on('close', () => { clearInterval(timer); });
}

let pictures: Promise<Buffer[]> | undefined;

/** Ten JPEGs of a moving test picture, made once by the ffmpeg program. */
function testPictures(): Promise<Buffer[]> {
  pictures ??= promisify(execFile)(
    'ffmpeg',
    ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=10', '-frames:v', '10', '-f', 'image2pipe', '-c:v', 'mjpeg', 'pipe:1'],
    { encoding: 'buffer', maxBuffer: 1 << 24 },
  ).then(({ stdout }) => splitJpegs(stdout));
  return pictures;
}

function splitJpegs(bytes: Buffer): Buffer[] {
  const found: Buffer[] = [];
  const endMark = Buffer.from([0xff, 0xd9]);
  for (let start = 0, end = bytes.indexOf(endMark); end >= 0; start = end + 2, end = bytes.indexOf(endMark, start)) {
    found.push(bytes.subarray(start, end + 2));
  }
  return found;
}

async function stopServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => { resolve(); }));
  server.closeAllConnections();
  await closed;
}
