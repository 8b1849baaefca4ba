import { hidePassword } from '../../../base/index.js';
import type { Location, UrlProtocol } from '../../location.js';

/** A URL that holds a password. */
type SecretUrl = Extract<Location, { kind: 'url' }>;

/** What comes in each protocol that has no format of its own to tell. */
const CONTAINERS: Readonly<Record<Exclude<UrlProtocol, 'http' | 'https'>, string>> = { rtsp: 'rtsp', rtsps: 'rtsp', rtmp: 'flv', rtmps: 'flv', udp: 'mpegts', tcp: 'mpegts', srt: 'mpegts' };

/**
 * Whether a URL must not stand in the program's arguments, which every user of the machine can read in its list of processes.
 * The program then gets the URL as a list of one (`concat`) through its standard input.
 */
export function isSecretLive(location: Location): location is SecretUrl & { readonly protocol: keyof typeof CONTAINERS } {
  return location.kind === 'url' && location.live === true && hidePassword(location.url) !== location.url;
}

/** The list of one; RTSP's transport stands in the URL, where FFmpeg takes it out again: the list's own options are newer than some programs. */
export function inputList({ url, protocol }: SecretUrl, rtspTransport: 'tcp' | 'udp'): string {
  const place = protocol.startsWith('rtsp') ? `${url}${url.includes('?') ? '&' : '?'}${rtspTransport}` : url;
  return `ffconcat version 1.0\nfile '${place.replaceAll("'", String.raw`'\''`)}'\n`;
}

/** What the header would call the container, were it not read by way of a list. */
export function containerOf({ protocol }: SecretUrl): string {
  return protocol === 'http' || protocol === 'https' ? '' : CONTAINERS[protocol];
}
