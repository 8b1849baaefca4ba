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
 * `/…` files of the folder, with ranges; `/mjpeg` an endless multipart MJPEG of a 320×240 test picture; `/status/404`
 * any status; `/auth/…` the folder behind basic authentication (`viewer`, `secret`); `/stall/…` a file that stops
 * coming after half of its bytes, for ever; `/cut/…` a file whose connection breaks off after half of its bytes.
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
    ['/mjpeg', (_path, _request, response) => sendMjpeg(response, options.mjpegFps ?? 20)],
    ...files,
  ];
}

function fileRoutes(folder: string): (readonly [string, Handler])[] {
  const send: Handler = (path, request, response) => sendFile(join(folder, normalize(`/${path}`)), request, response);
  const half = (path: string, response: ServerResponse, end: () => void): Promise<void> => sendHalf(join(folder, normalize(`/${path}`)), response, end);
  return [
    ['/auth/', (path, request, response) => {
      if (request.headers.authorization === BASIC) return send(path, request, response);
      response.setHeader('www-authenticate', 'Basic realm="test"');
      sendStatus(response, 401);
    }],
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
  const { size } = await stat(path);
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(range?.[1] ?? 0);
  const end = range?.[2] ? Math.min(Number(range[2]), size - 1) : size - 1;
  if (start > end) return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
  response.writeHead(range ? 206 : 200, {
    'content-type': TYPES[extname(path)] ?? 'application/octet-stream',
    'content-length': end - start + 1,
    'accept-ranges': 'bytes',
    ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  createReadStream(path, { start, end }).on('error', () => response.destroy()).pipe(response);
}

async function sendHalf(path: string, response: ServerResponse, atHalf: () => void): Promise<void> {
  const { size } = await stat(path);
  response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream', 'content-length': size });
  createReadStream(path, { end: Math.floor(size / 2) }).on('end', atHalf).pipe(response, { end: false });
}

async function sendMjpeg(response: ServerResponse, fps: number): Promise<void> {
  const pictures = await testPictures();
  response.writeHead(200, { 'content-type': 'multipart/x-mixed-replace; boundary=frame' });
  let count = 0;
  const timer = setInterval(() => {
    const picture = pictures[count++ % pictures.length];
    if (!picture) return;
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
