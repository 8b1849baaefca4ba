import { networkInterfaces } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';

import type onvif from 'onvif';
import { z } from 'zod';

import { StreamInferError, withoutUserInfo } from '../../base/index.js';
import type { CameraReport, CameraStream, FoundCamera } from './cameras.js';

/*
 * What is asked of cameras by ONVIF (https://www.onvif.org/profiles/): who is there by WS-Discovery, which streams a camera has by its media
 * service. The one file that knows the library for it.
 */

/** Cameras, and streams of one, that are told; what is more is left out. */
const MOST_CAMERAS = 256;
const MOST_STREAMS = 32;
/** Letters of a name that a camera gives itself. */
const LONGEST_NAME = 120;
/** Milliseconds for each question. */
const ANSWER_MS = 5000;
const SERVICE = '/onvif/device_service';

type Library = typeof onvif;

async function load(): Promise<Library> {
  try {
    return (await import('onvif')).default;
  } catch (cause) {
    throw new StreamInferError('BACKEND_MISSING', 'cameras are found by the package onvif, which is not installed: npm install onvif; or type the address of the stream', { cause });
  }
}

/** Those that answer within that time, by the networks of all interfaces. */
export async function discover(seconds: number): Promise<FoundCamera[]> {
  const { Discovery } = await load();
  const found = new Map<string, FoundCamera>();
  Discovery.on('device', (answer: unknown, from: { readonly address: string }) => {
    for (const camera of camerasOf(answer, from.address)) if (found.size < MOST_CAMERAS) found.set(camera.address, camera);
  });
  // an answer that is none is no reason to lose the others
  Discovery.on('error', () => undefined);
  for (const device of Object.keys(networkInterfaces())) Discovery.probe({ device, timeout: seconds * 1000, resolve: false }, () => undefined);
  await wait(seconds * 1000);
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}

const many = <T extends z.ZodType>(one: T): z.ZodType<readonly z.output<T>[]> => z.union([z.array(one).max(1000), one.transform((only) => [only])]);
const words = z.unknown().transform((given) => (typeof given === 'string' ? given : (given as { _?: unknown } | null)?._)).pipe(z.string().max(10_000).catch(''));
const answerSchema = z.object({ probeMatches: z.object({ probeMatch: many(z.object({ XAddrs: words, scopes: words })) }) });

function camerasOf(answer: unknown, from: string): FoundCamera[] {
  const read = answerSchema.safeParse(answer);
  return read.success ? read.data.probeMatches.probeMatch.flatMap(({ XAddrs, scopes }) => {
    const address = addressOf(XAddrs, from);
    return address === undefined ? [] : [{ address, name: nameOf(scopes) ?? new URL(address).hostname }];
  }) : [];
}

/** One at the place that the answer came from: a camera behind several networks names all its addresses, and a liar those of others. */
function addressOf(given: string, from: string): string | undefined {
  const urls = given.split(/\s+/).filter((text) => URL.canParse(text)).map((text) => new URL(text)).filter(({ protocol }) => /^https?:$/.test(protocol));
  const url = urls.find(({ hostname }) => hostname === from) ?? urls[0];
  if (url === undefined) return undefined;
  url.hostname = from;
  return `${url.origin}${url.pathname}`;
}

/** Of what the camera says of itself; as `onvif://www.onvif.org/name/…` and `…/hardware/…` have it. */
function nameOf(scopes: string): string | undefined {
  const said = (what: string): string | undefined => {
    const [, text] = new RegExp(`onvif://www\\.onvif\\.org/${what}/(\\S+)`, 'i').exec(scopes) ?? [];
    return text === undefined ? undefined : plain(text);
  };
  const [name, hardware] = [said('name'), said('hardware')];
  return name !== undefined && hardware !== undefined && !name.includes(hardware) ? `${name} ${hardware}` : name ?? hardware;
}

function plain(text: string): string {
  try {
    return shown(decodeURIComponent(text));
  } catch {
    return shown(text);
  }
}

/** For people to read, on one line. */
function shown(text: string): string {
  return text.replace(/[\p{C}\s]+/gu, ' ').trim().slice(0, LONGEST_NAME);
}

export type CameraQuestion = { readonly address: string; readonly username?: string | undefined; readonly password?: string | undefined };

/** Which streams a camera has. Throws `OPTION_INVALID` for an address that is none, and the `SOURCE_…` errors. */
export async function askCamera({ address, username, password }: CameraQuestion): Promise<CameraReport> {
  const { hostname, port, pathname, protocol } = urlOf(address);
  const { Cam } = await load();
  const camera = new Cam({
    hostname: hostname.replace(/^\[|\]$/g, ''), ...(port !== '' && { port: Number(port) }), path: pathname === '/' ? SERVICE : pathname,
    ...(username !== undefined && { username }), ...(password !== undefined && { password }),
    // cameras sign their certificates themselves, and the password is not sent
    useSecure: protocol === 'https:', secureOpts: { rejectUnauthorized: false },
    timeout: ANSWER_MS, autoconnect: false, preserveAddress: true,
  });
  const ask = <T>(what: string, how: (done: (error: unknown, answer?: T) => void) => void): Promise<T> => asked(`${hostname}: ${what}`, how);
  await ask('connect', (done) => { camera.connect(done); });
  // where it has no profiles it may be that it does not like the password: connecting hides that
  const told = await ask<unknown>('ask for its profiles', (done) => { camera.getProfiles(done); });
  const profiles = profilesSchema.parse(told).slice(0, MOST_STREAMS);
  const streams: CameraStream[] = [];
  for (const profile of profiles) {
    const uri = await ask<unknown>('ask for a stream', (done) => { camera.getStreamUri({ protocol: 'RTSP', profileToken: profile.$.token }, done); });
    const location = locationOf(uri);
    if (location !== undefined) streams.push({ ...streamOf(profile), location });
  }
  if (streams.length === 0) throw new StreamInferError('SOURCE_NO_VIDEO', `${hostname}: the camera names no RTSP stream: give it one in its own settings (a media profile)`);
  return { streams };
}

const count = z.coerce.number().positive().max(1e6).optional().catch(undefined);
const encoderSchema = z.object({
  encoding: z.string().max(LONGEST_NAME).optional().catch(undefined),
  resolution: z.object({ width: count, height: count }).optional().catch(undefined),
  rateControl: z.object({ frameRateLimit: count }).optional().catch(undefined),
});
const profileSchema = z.object({
  name: z.coerce.string().transform(shown).catch(''),
  $: z.object({ token: z.coerce.string().min(1).max(1000) }),
  videoEncoderConfiguration: encoderSchema.optional().catch(undefined),
});
type Profile = z.output<typeof profileSchema>;
/** What is no profile is none. */
const profilesSchema = z.array(profileSchema.optional().catch(undefined)).catch([]).transform((all) => all.filter((one) => one !== undefined));

function streamOf({ name, $, videoEncoderConfiguration: encoder }: Profile): Omit<CameraStream, 'location'> {
  const { width, height } = encoder?.resolution ?? {};
  const fps = encoder?.rateControl?.frameRateLimit;
  return {
    name: name === '' ? shown($.token) : name,
    ...(encoder?.encoding !== undefined && { codec: shown(encoder.encoding) }), ...(width !== undefined && height !== undefined && { width, height }), ...(fps !== undefined && { fps }),
  };
}

/** Without user and password, which some cameras put into it. */
function locationOf(answer: unknown): string | undefined {
  const read = z.object({ uri: z.string().max(4000).regex(/^rtsps?:\/\/\S+$/i) }).safeParse(answer);
  return read.success ? withoutUserInfo(read.data.uri) : undefined;
}

/** `192.168.1.20`, `camera.lan:8080` or an http address. */
function urlOf(address: string): URL {
  const text = address.includes('://') ? address : `http://${address}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol) && url.hostname !== '' && url.username === '') return url;
  throw new StreamInferError('OPTION_INVALID', 'address: expected that of a camera, such as 192.168.1.20 or http://192.168.1.20:8080, with user and password in fields of their own');
}

async function asked<T>(what: string, how: (done: (error: unknown, answer?: T) => void) => void): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    how((error, answer) => {
      if (error) reject(failureOf(what, error));
      else resolve(answer as T);
    });
  });
}

function failureOf(what: string, cause: unknown): StreamInferError {
  const { message, code } = cause as { message?: string; code?: string };
  const why = shown(message ?? String(cause));
  if (/not ?authorized|authentication|unauthorized|\b401\b/i.test(why)) {
    return new StreamInferError('SOURCE_AUTH_FAILED', `${what}: user or password is refused (cameras have users of their own for ONVIF, and refuse all while their clock is wrong): ${why}`, { cause });
  }
  if (/timeout/i.test(why)) return new StreamInferError('SOURCE_TIMEOUT', `${what}: no answer within ${ANSWER_MS / 1000} s`, { cause });
  return new StreamInferError('SOURCE_OPEN_FAILED', `${what}: ${code === 'ECONNREFUSED' ? 'nothing listens there; some cameras have a port of their own for ONVIF, and some have it switched off' : why}`, { cause });
}
