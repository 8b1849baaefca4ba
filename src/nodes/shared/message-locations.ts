import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { hidePassword, hostOf, isPlaylist, reachOf, StreamInferError } from '../../runtime/index.js';
import { isBelow, realPath } from './folders.js';

/** A location that came in a message, and what a stream-engine lets messages play. */
export type MessageLocation = {
  /** As a plan has it: relative paths made absolute, without user and password. */
  readonly location: string;
  /** Folders and files, `SCHEME:`, beginnings of URLs, `device:`, `test:`, or `*` for all; empty: `USUAL`. */
  readonly allowed: readonly string[];
  /** Absolute folder that relative ones start from. */
  readonly folder: string;
  /** Where it was typed, for the error. Default: a message. */
  readonly from?: 'message' | 'studio';
};

/** What a message may play where nothing is set up: files of the user directory, and streams of other machines. */
export const USUAL: readonly string[] = ['.', 'test:', 'rtsp:', 'rtsps:', 'rtmp:', 'rtmps:', 'srt:', 'http:', 'https:'];

/** Ports that a URL without one means. */
const PORTS: Readonly<Record<string, string>> = { http: '80', https: '443', rtsp: '554', rtsps: '322', rtmp: '1935', rtmps: '443' };

type Asked =
  | { readonly kind: 'path'; readonly full: string }
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'device' | 'test'; readonly text: string };

/** Whether by its text, and for files by where they lie, the location may be played; `other-machines`: only if its host is another machine. */
type Verdict = 'no' | 'yes' | 'other-machines';

/**
 * Throws `OPTION_INVALID` where a message may not play that location; what it gives, if anything, resolves or rejects in the same way
 * when the host's name was looked up. Messages may come from anywhere: an HTTP request, a broker.
 */
export function admit(given: MessageLocation): Promise<void> | undefined {
  const verdict = verdictOn(given);
  if (verdict === 'no') throw refusal(given);
  if (verdict === 'yes') return undefined;
  const host = hostOf(new URL(given.location));
  if (isHere([host]) || /(^|\.)localhost\.?$/i.test(host)) throw refusal(given);
  return isIP(host) === 0 ? lookedUp(host, given) : undefined;
}

async function lookedUp(host: string, given: MessageLocation): Promise<void> {
  // a name that nobody knows fails at the opening, with the right words
  const addresses = await lookup(host, { all: true }).catch(() => []);
  if (isHere(addresses.map(({ address }) => address))) throw refusal(given);
}

function verdictOn(given: MessageLocation): Verdict {
  const allowed = given.allowed.length > 0 ? given.allowed : USUAL;
  if (allowed.includes('*')) return 'yes';
  const asked = askedOf(given);
  if (asked === undefined) return 'no';
  const verdicts = allowed.map((entry) => verdictOf(entry, asked, given.folder));
  return verdicts.find((verdict) => verdict === 'yes') ?? verdicts.find((verdict) => verdict !== 'no') ?? 'no';
}

/** Undefined for what two readers might take for two things. */
function askedOf({ location, folder }: MessageLocation): Asked | undefined {
  if (/\p{Cc}/u.test(location)) return undefined;
  if (/^test:/i.test(location)) return { kind: 'test', text: 'test:' };
  if (/^device:/i.test(location)) return { kind: 'device', text: location };
  if (/^file:/i.test(location)) return fileOf(location);
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(location)) return /[\\\s]/.test(location) || !URL.canParse(location) ? undefined : { kind: 'url', url: new URL(location) };
  if (/^[a-z][a-z0-9+.-]+:/i.test(location)) return undefined;
  return { kind: 'path', full: path.resolve(folder, location) };
}

function fileOf(location: string): Asked | undefined {
  try {
    return { kind: 'path', full: fileURLToPath(location) };
  } catch {
    return undefined;
  }
}

function verdictOf(entry: string, asked: Asked, folder: string): Verdict {
  switch (asked.kind) {
    case 'path':
      return /^[a-z][a-z0-9+.-]+:/i.test(entry) || !isFileOf(asked.full, path.resolve(folder, entry)) ? 'no' : 'yes';
    case 'url':
      return urlVerdict(entry, asked.url);
    case 'device':
      return entry.toLowerCase() === 'device:' || entry === asked.text ? 'yes' : 'no';
    case 'test':
      return entry.toLowerCase() === asked.text ? 'yes' : 'no';
  }
}

/** Links are followed. A list of other files leads out of any folder, and a pattern may: they have to be named themselves. */
function isFileOf(full: string, fence: string): boolean {
  const [file, place] = [realPath(full), realPath(fence) ?? fence];
  if (file === undefined) return isBelow(full, fence) && !/[*?{}[\]()!]/.test(path.relative(fence, full));
  return file === place || (isBelow(file, place) && !isPlaylist(full) && !isPlaylist(file));
}

function urlVerdict(entry: string, url: URL): Verdict {
  const scheme = url.protocol.slice(0, -1);
  if (entry.toLowerCase() === url.protocol) return scheme === 'http' || scheme === 'https' ? 'other-machines' : 'yes';
  if (!entry.includes('://') || !URL.canParse(entry)) return 'no';
  const place = new URL(entry);
  const isSame = place.protocol === url.protocol && place.hostname.toLowerCase() === url.hostname.toLowerCase() && portOf(place) === portOf(url);
  const start = place.pathname.endsWith('/') || place.pathname === '' ? place.pathname : `${place.pathname}/`;
  return isSame && `${url.pathname}/`.startsWith(start) ? 'yes' : 'no';
}

function portOf({ port, protocol }: URL): string | undefined {
  return port === '' ? PORTS[protocol.slice(0, -1)] : port;
}

/** Whether one of the addresses is this machine, or on one of its links: there, services listen that ask for no password. */
function isHere(addresses: readonly string[]): boolean {
  return addresses.some((address) => isIP(address) !== 0 && reachOf(address) === 'here');
}

function refusal({ location, allowed, folder, from = 'message' }: MessageLocation): StreamInferError {
  const rule = allowed.length > 0 ? allowed.join(', ') : `files in ${folder} that are no lists of others, test:, and rtsp(s), rtmp(s), srt, http(s) of other machines`;
  const [field, where] = from === 'message' ? ['payload.location', 'by message'] : ['location', 'in the studio'];
  return new StreamInferError('OPTION_INVALID', `${field}: ${hidePassword(location)} may not be played ${where}, only ${rule}: allow it in the stream-engine, "Locations by message"`);
}
