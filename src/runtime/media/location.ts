import { statSync, type Stats } from 'node:fs';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import { globSync, isDynamicPattern } from 'tinyglobby';

import { hidePassword, MAX_FRAME_SIDE, type SourceOptions, StreamInferError, withCredentials } from '../base/index.js';
import { type Fraction, fractionOf } from './fraction.js';

const PROTOCOLS = ['rtsp', 'rtsps', 'rtmp', 'rtmps', 'http', 'https', 'udp', 'tcp', 'srt'] as const;
export type UrlProtocol = (typeof PROTOCOLS)[number];

const IMAGE_EXTENSIONS: readonly string[] = ['.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff'];

/** What a location stands for. */
export type Location =
  /** A video file that is there and not empty; `path` is absolute. */
  | { readonly kind: 'file'; readonly path: string }
  /** Pictures in the order they are played, absolute paths, at least one; a single image is a list of one. */
  | { readonly kind: 'images'; readonly files: readonly string[] }
  /** `url` holds the credentials: never print it. `live` is absent where only the opened stream can tell (http). */
  | { readonly kind: 'url'; readonly url: string; readonly protocol: UrlProtocol; readonly live?: boolean }
  /** A camera: a path such as `/dev/video0`, or the name the system gives it. */
  | { readonly kind: 'device'; readonly device: string }
  /** The built-in test pattern, sides even; without `frames` it is endless. */
  | { readonly kind: 'test'; readonly width: number; readonly height: number; readonly fps: Fraction; readonly frames?: number };

/**
 * The sense of `source.location`. Throws `OPTION_INVALID` for what can be no location, `SOURCE_NOT_FOUND` for a path
 * without a file or a folder without images, `SOURCE_OPEN_FAILED` for an empty or unreadable file.
 */
export function parseLocation(source: Pick<SourceOptions, 'location' | 'username' | 'password'>): Location {
  const { location } = source;
  if (/^test:/i.test(location)) return parseTest(location);
  if (/^device:/i.test(location)) return parseDevice(location);
  if (/^file:/i.test(location)) return parsePath(pathOfUrl(location));
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1];
  if (scheme !== undefined) return parseUrl(source, scheme.toLowerCase());
  return parsePath(location);
}

/** True: packets may get lost on their way. */
export function isLossy(location: Location, rtspTransport: SourceOptions['rtspTransport']): boolean {
  if (location.kind !== 'url') return false;
  return location.protocol === 'udp' || (location.protocol.startsWith('rtsp') && rtspTransport === 'udp');
}

/** What can be said of the test pattern. By hand: a schema's library is more than all the rest that a media thread loads. */
const TEST_SETTINGS = {
  width: { least: 16, most: MAX_FRAME_SIDE, multipleOf: 2, otherwise: 640 },
  height: { least: 16, most: MAX_FRAME_SIDE, multipleOf: 2, otherwise: 360 },
  fps: { least: 0.001, most: 1000, multipleOf: 0, otherwise: 25 },
  seconds: { least: 0, most: 1e7, multipleOf: 0, otherwise: 0 },
} as const;

function parseTest(location: string): Location {
  const rest = location.slice('test:'.length);
  if (rest !== '' && !rest.startsWith('?')) {
    throw new StreamInferError('OPTION_INVALID', `location: expected test: or test:?width=640&height=360&fps=25&seconds=10, got ${location}`);
  }
  const given = new URLSearchParams(rest);
  const unknown = [...given.keys()].find((name) => !Object.hasOwn(TEST_SETTINGS, name));
  if (unknown !== undefined) throw new StreamInferError('OPTION_INVALID', `location: ${unknown}: unknown key; test: knows ${Object.keys(TEST_SETTINGS).join(', ')}`);
  const width = testSetting('width', given);
  const height = testSetting('height', given);
  const fps = testSetting('fps', given);
  const seconds = testSetting('seconds', given);
  const pattern = { kind: 'test', width, height, fps: fractionOf(fps) } as const;
  return seconds === 0 ? pattern : { ...pattern, frames: Math.max(1, Math.round(seconds * fps)) };
}

function testSetting(name: keyof typeof TEST_SETTINGS, given: URLSearchParams): number {
  const { least, most, multipleOf, otherwise } = TEST_SETTINGS[name];
  const text = given.getAll(name).at(-1);
  const value = text === undefined ? otherwise : Number(text);
  if (value >= least && value <= most && (multipleOf === 0 || value % multipleOf === 0)) return value;
  const wanted = `${multipleOf === 2 ? 'an even number' : 'a number'} from ${least} to ${most}`;
  throw new StreamInferError('OPTION_INVALID', `location: ${name}: expected ${wanted}, got ${String(text)}`);
}

function parseDevice(location: string): Location {
  const device = location.slice('device:'.length).trim();
  if (device !== '' && !device.includes('\0')) return { kind: 'device', device };
  throw new StreamInferError('OPTION_INVALID', 'location: expected a camera after device:, such as device:/dev/video0');
}

function parseUrl(source: Pick<SourceOptions, 'location' | 'username' | 'password'>, scheme: string): Location {
  const shown = hidePassword(source.location);
  const protocol = PROTOCOLS.find((known) => known === scheme);
  if (!protocol) throw new StreamInferError('OPTION_INVALID', `location: ${shown}: expected one of ${PROTOCOLS.join(', ')}, got ${scheme}`);
  const url = withCredentials(source.location, source.username, source.password);
  if (!URL.canParse(url) || hasControlCharacter(url)) throw new StreamInferError('OPTION_INVALID', `location: ${shown} is no valid URL`);
  if (protocol === 'http' || protocol === 'https') return { kind: 'url', url, protocol };
  return { kind: 'url', url, protocol, live: true };
}

function hasControlCharacter(text: string): boolean {
  return /\p{Cc}/u.test(text);
}

function pathOfUrl(location: string): string {
  try {
    return fileURLToPath(location);
  } catch (cause) {
    throw new StreamInferError('OPTION_INVALID', `location: ${location} is no valid file URL`, { cause });
  }
}

function parsePath(given: string): Location {
  const path = resolve(given);
  const stats = statsOf(path);
  // a camera that is not plugged in
  if (!stats && path.startsWith('/dev/')) return { kind: 'device', device: path };
  if (!stats) return parseGlob(given);
  if (stats.isDirectory()) return { kind: 'images', files: imagesOf('*', path) };
  if (stats.isCharacterDevice()) return { kind: 'device', device: path };
  if (stats.isFile() && stats.size === 0) throw new StreamInferError('SOURCE_OPEN_FAILED', `open ${path}: the file is empty`);
  return isImage(path) ? { kind: 'images', files: [path] } : { kind: 'file', path };
}

function statsOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    // a glob's characters may be forbidden in names (Windows: ENOENT or EINVAL), a NUL byte is forbidden everywhere
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EINVAL' || code === 'ENAMETOOLONG') return undefined;
    if (code === 'ERR_INVALID_ARG_VALUE') throw new StreamInferError('OPTION_INVALID', 'location: a path must not hold a NUL byte', { cause });
    throw new StreamInferError('SOURCE_OPEN_FAILED', `open ${path}: ${code ?? 'not readable'}`, { cause });
  }
}

function parseGlob(given: string): Location {
  const pattern = process.platform === 'win32' ? given.replaceAll('\\', '/') : given;
  if (!isDynamicPattern(pattern)) throw new StreamInferError('SOURCE_NOT_FOUND', `open ${resolve(given)}: no such file or folder`);
  return { kind: 'images', files: imagesOf(pattern, process.cwd()) };
}

function imagesOf(pattern: string, folder: string): string[] {
  // natural order: `2.png` before `10.png`
  const byName = new Intl.Collator('en', { numeric: true });
  const files = globSync(pattern, { cwd: folder, absolute: true, expandDirectories: false, caseSensitiveMatch: false })
    .filter(isImage)
    .map((file) => resolve(file))
    .sort((a, b) => byName.compare(a, b));
  if (files.length > 0) return files;
  const where = pattern === '*' ? folder : pattern;
  throw new StreamInferError('SOURCE_NOT_FOUND', `open ${where}: no image (${IMAGE_EXTENSIONS.join(' ')}) in it`);
}

function isImage(path: string): boolean {
  return IMAGE_EXTENSIONS.includes(extname(path).toLowerCase());
}
