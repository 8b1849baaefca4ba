import { randomBytes, timingSafeEqual } from 'node:crypto';
import { lookup } from 'node:dns';
import { lookup as lookupAll } from 'node:dns/promises';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, request as httpRequest, type RequestOptions, type Server, type ServerResponse } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, connect, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

import { hidePassword, hostOf, isBeyond, type Reach, REACHES, reachOf, withoutCredentials } from '../base/index.js';
import { answerTo, type Credentials } from './http-auth.js';

/** Headers that belong to one connection only. */
const HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy-authenticate', 'transfer-encoding', 'te', 'trailer', 'upgrade', 'host']);

/** Who may be asked: whoever can be reached by as many as the source, or by more. */
type Limit = { readonly limit: Reach; readonly of: (address: string) => Reach };

/**
 * Stands between FFmpeg and the web while one http(s) source is open, as its proxy on the loopback: FFmpeg follows redirects and
 * playlists by itself, and asks nobody whether it may. What the source leads to must not be nearer to us than the source itself: a
 * public server may not lead into a private network, nothing elsewhere may lead to this machine. It also keeps the password of
 * a source for a program that would show it. Others on this machine cannot use it: it wants a password of its own.
 */
export class WebGuard {
  /** For FFmpeg's `http_proxy`. It holds the guard's password: for memory and environment, not for arguments. */
  readonly proxy: string;
  /** What FFmpeg is to open: the source, without anything secret in it; what had some is asked by us, over https if it was. */
  readonly url: string;
  readonly #server: Server;
  readonly #home: URL;
  readonly #reach: Limit;
  readonly #secret: string;
  readonly #credentials: Credentials | undefined;
  readonly #sockets = new Set<Duplex>();
  #challenges: readonly string[] = [];
  #failure: string | undefined;

  private constructor(server: Server, home: URL, reach: Limit) {
    this.#server = server;
    this.#home = home;
    this.#reach = reach;
    const password = randomBytes(24).toString('hex');
    this.#secret = `Basic ${Buffer.from(`guard:${password}`).toString('base64')}`;
    this.proxy = `http://guard:${password}@127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = withoutCredentials(home.href) === home.href ? home.href : `http://${home.host}${portText(home)}${plainPath(home)}`;
    if (home.username !== '') this.#credentials = { username: decodeURIComponent(home.username), password: decodeURIComponent(home.password) };
    server.on('connection', (socket) => { this.#keep(socket); });
    server.on('request', (request, response) => { this.#forward(request, response); });
    server.on('connect', (request, socket) => { this.#tunnel(request, socket); });
  }

  /** A guard for an http(s) source, which may hold user and password; undefined where the environment names a proxy that all must go through. */
  static async open(url: string, reach: (address: string) => Reach = reachOf): Promise<WebGuard | undefined> {
    if (process.env['http_proxy']) return undefined;
    const home = new URL(url);
    const server = createServer({ keepAlive: false });
    const [limit] = await Promise.all([
      reachOfHost(hostOf(home), reach),
      new Promise<void>((resolve, reject) => { server.once('error', reject).listen(0, '127.0.0.1', resolve); }),
    ]);
    return new WebGuard(server, home, { limit, of: reach });
  }

  /** Why something was not fetched, at last; without passwords. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** May be called twice. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const url = request.url ?? '';
    if (!this.#isAllowed(request)) response.writeHead(407, { 'proxy-authenticate': 'Basic realm="guard"', connection: 'close' }).end();
    else if (!/^(GET|HEAD)$/.test(request.method ?? '') || !/^http:\/\//i.test(url) || !URL.canParse(url)) response.writeHead(400, { connection: 'close' }).end();
    else this.#fetch(request, response, this.#credentials !== undefined && this.#isHome(new URL(url)) ? answerTo(this.#challenges, this.#credentials, this.#requestOf(request)) : undefined);
  }

  /** `authorization`: what is sent beside the headers of the request. */
  #fetch(request: IncomingMessage, response: ServerResponse, authorization: string | undefined): void {
    const target = new URL(request.url ?? '');
    const isHome = this.#isHome(target);
    const fail = (cause: unknown): void => {
      this.#note(target.host, cause);
      if (response.headersSent) response.destroy();
      else response.writeHead(502, { connection: 'close' }).end();
    };
    const options: RequestOptions = {
      agent: false, host: hostOf(target), port: target.port || 80, ...this.#requestOf(request), lookup: this.#lookup, insecureHTTPParser: true,
      headers: { ...plainHeaders(request.headers), host: target.host, connection: 'close', ...(authorization !== undefined && { authorization }) },
    };
    const blocked = this.#blocked(hostOf(target));
    if (blocked !== undefined) {
      fail(blocked);
      return;
    }
    // as FFmpeg does it: cameras sign their certificates themselves
    const upstream = isHome && this.#home.protocol === 'https:' ? httpsRequest({ ...options, rejectUnauthorized: false }) : httpRequest(options);
    upstream.on('error', fail).on('response', (answer) => {
      const again = authorization === undefined && isHome ? this.#answerTo(answer, request) : undefined;
      if (again !== undefined) {
        answer.destroy();
        this.#fetch(request, response, again);
        return;
      }
      response.writeHead(answer.statusCode ?? 502, { ...this.#headersOf(answer), connection: 'close' });
      response.flushHeaders();
      answer.on('error', fail).pipe(response);
    }).end();
    response.once('close', () => { upstream.destroy(); });
  }

  /** An https source speaks to its server itself, through us. */
  #tunnel(request: IncomingMessage, socket: Duplex): void {
    this.#keep(socket);
    const target = URL.canParse(`https://${request.url ?? ''}`) ? new URL(`https://${request.url ?? ''}`) : undefined;
    const refuse = (status: string): void => { socket.end(`HTTP/1.1 ${status}\r\nProxy-Authenticate: Basic realm="guard"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`); };
    if (!this.#isAllowed(request)) { refuse('407 Proxy Authentication Required'); return; }
    if (target === undefined) { refuse('400 Bad Request'); return; }
    const blocked = this.#blocked(hostOf(target));
    const fail = (cause: unknown): void => {
      this.#note(target.host, cause);
      refuse('502 Bad Gateway');
    };
    if (blocked !== undefined) { fail(blocked); return; }
    const server = connect({ host: hostOf(target), port: Number(target.port || 443), lookup: this.#lookup });
    this.#keep(server);
    server.once('error', fail).once('connect', () => {
      server.off('error', fail);
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      server.pipe(socket).pipe(server);
    });
    for (const [one, other] of [[server, socket], [socket, server]] as const) one.on('error', () => undefined).once('close', () => { other.destroy(); });
  }

  #isAllowed({ headers }: IncomingMessage): boolean {
    const [given, wanted] = [headers['proxy-authorization'] ?? '', this.#secret].map((text) => Buffer.from(text)) as [Buffer, Buffer];
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #isHome({ host }: URL): boolean {
    return host === new URL(this.url).host;
  }

  /** As it is sent on: of the source itself with what is secret in its query. */
  #requestOf({ method = 'GET', url = '' }: IncomingMessage): { readonly method: string; readonly path: string } {
    const { pathname, search } = this.#home;
    const path = url === this.url ? `${pathname}${search}` : url.replace(/^http:\/\/[^/?#]*/i, '');
    return { method, path: path.startsWith('/') ? path : `/${path}` };
  }

  #answerTo(answer: IncomingMessage, request: IncomingMessage): string | undefined {
    if (answer.statusCode !== 401 || this.#credentials === undefined) return undefined;
    this.#challenges = answer.headersDistinct['www-authenticate'] ?? [];
    return answerTo(this.#challenges, this.#credentials, this.#requestOf(request));
  }

  /** A redirect of our own server to itself stays with us, who know how it is reached. */
  #headersOf({ headers }: IncomingMessage): IncomingHttpHeaders {
    const { location } = headers;
    const [own, plain] = [`${this.#home.origin}/`, `${new URL(this.url).origin}/`];
    return { ...plainHeaders(headers), ...(location?.startsWith(own) === true && { location: plain + location.slice(own.length) }) };
  }

  /** Of an address; names are looked at when they are looked up. */
  #blocked(host: string): Error | undefined {
    return isIP(host) !== 0 && isBeyond(this.#reach.of(host), this.#reach.limit) ? tooNear(host) : undefined;
  }

  readonly #lookup: LookupFunction = (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      const near = error ? undefined : addresses.find(({ address }) => isBeyond(this.#reach.of(address), this.#reach.limit));
      const [first] = error ? [] : addresses;
      if (error || near !== undefined || first === undefined) callback(error ?? tooNear(host), '', 4);
      else if (options.all === true) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };

  #note(host: string, cause: unknown): void {
    const { code, message } = cause as NodeJS.ErrnoException;
    this.#failure = hidePassword(`${host}: ${message || (code ?? 'no connection')}`);
  }

  #keep(socket: Duplex | Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }
}

function tooNear(host: string): Error {
  return new Error(`a source must not lead to ${host}, which is nearer to this machine than the source itself: if it is to be played, give that address as the location`);
}

async function reachOfHost(host: string, reach: Limit['of']): Promise<Reach> {
  if (isIP(host) !== 0) return reach(host);
  const addresses = await lookupAll(host, { all: true }).catch(() => []);
  const reaches = addresses.map(({ address }) => reach(address));
  return REACHES.findLast((one) => reaches.includes(one)) ?? 'public';
}

/** `:443` where an https address that says no port becomes an http one. */
function portText({ port, protocol }: URL): string {
  return port === '' && protocol === 'https:' ? ':443' : '';
}

function plainPath({ href, origin }: URL): string {
  return withoutCredentials(href).slice(origin.length).replace(/#.*$/, '');
}

function plainHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !HOP.has(name)));
}
