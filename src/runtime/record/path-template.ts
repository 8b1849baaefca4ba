import { readdir } from 'node:fs/promises';
import { basename, dirname, join, parse, resolve, sep } from 'node:path';

import { StreamInferError } from '../base/index.js';

/** What is filled into a path. */
export type PathValues = {
  /** The stream's name, made safe for file systems. */
  readonly stream: string;
  /** When the recording began; local time. */
  readonly date: Date;
  readonly epoch: number;
};

/** A path as a recorder's plan has it. */
export type PathTemplate = { readonly path: string; readonly baseFolder?: string | undefined };

/** Longest value in UTF-8 bytes: file systems take 255 for a name, and text around it, `-2` and the temporary name need some. */
const MAX_VALUE_BYTES = 120;

/** Names that Windows keeps for devices, whatever their ending. */
const RESERVED_NAME = /^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)/i;

/**
 * The absolute path of a recording: `{stream}`, `{date}` (2026-01-31), `{time}` (23-59-59) and `{epoch}` filled in,
 * `.mp4` added where it lacks. A value never leaves the folder that the template puts it in. `OPTION_INVALID` for
 * another `{word}` and for control characters, `RECORD_OPEN_FAILED` for a path that ends as a folder.
 */
export function fillPathTemplate(template: PathTemplate, values: PathValues): string {
  const { path } = template;
  // eslint-disable-next-line no-control-regex -- they are what is looked for
  if (/[\u0000-\u001f]/.test(path)) throw new StreamInferError('OPTION_INVALID', `path: expected no control characters, got ${JSON.stringify(path)}`);
  if (/[/\\]$|(^|[/\\])\.{1,2}$/.test(path)) throw new StreamInferError('RECORD_OPEN_FAILED', `open recording ${path}: this is a folder; add a file name such as {stream}-{date}-{time}.mp4`);
  const filled = path.replace(/\{([^{}]*)\}/g, (_, word: string) => valueOf(word, path, values));
  return resolve(template.baseFolder ?? '', /\.mp4$/i.test(filled) ? filled : `${filled}.mp4`);
}

/** The folders that are there in which paths of the template may be, whatever is filled in; with `stream` those of that stream. Links that stand for a `{word}` are left out. */
export async function foldersOf({ path, baseFolder }: PathTemplate, stream?: string): Promise<string[]> {
  const folder = dirname(resolve(baseFolder ?? '', path));
  const { root } = parse(folder);
  let found = [root];
  for (const part of folder.slice(root.length).split(sep)) {
    if (!part.includes('{')) found = found.map((parent) => join(parent, part));
    else found = (await Promise.all(found.map((parent) => matchingFolders(parent, patternOf(part, stream))))).flat();
  }
  return found;
}

/** Names of the files, without their folder, that a template gives for a stream, at any time; with the numbers that are added to names that are taken. */
export function fileNamesOf({ path }: PathTemplate, stream: string): RegExp {
  const name = basename(resolve(path)).replace(/\.mp4$/i, '');
  return new RegExp(`${patternOf(name, stream).source.slice(0, -1)}(-\\d+)?\\.[mM][pP]4$`, 'u');
}

async function matchingFolders(parent: string, pattern: RegExp): Promise<string[]> {
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory() && pattern.test(entry.name)).map(({ name }) => join(parent, name));
}

/** What a part of a template may have become. */
function patternOf(part: string, stream?: string): RegExp {
  return new RegExp(`^${part.split(/(\{[^{}]*\})/).map((text) => sourceOf(text, stream)).join('')}$`, 'u');
}

function sourceOf(text: string, stream?: string): string {
  switch (text) {
    case '{stream}':
      return stream === undefined ? '.+' : literal(safeName(stream));
    case '{date}':
      return '\\d{4}-\\d{2}-\\d{2}';
    case '{time}':
      return '\\d{2}-\\d{2}-\\d{2}';
    case '{epoch}':
      return '\\d+';
    default:
      if (!text.startsWith('{')) return literal(text);
      // a word that is none is an error elsewhere; of what belongs to one stream it is nothing
      return stream === undefined ? '.+' : '(?!)';
  }
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** `path` for the first time, then with `-2`, `-3` … before its `.mp4`. */
export function numberedPath(path: string, number: number): string {
  return number === 1 ? path : path.replace(/(\.mp4)$/i, `-${number}$1`);
}

/**
 * The hidden name beside `path` under which it is written until it is whole: `.clip.mp4.part.mp4` for `clip.mp4`, with a
 * number above 1 `.clip.mp4.part-2.mp4`. It ends as a video's, for players; what is before `.part` is the final name.
 */
export function partPath(path: string, number = 1): string {
  return join(dirname(path), `.${basename(path)}.part${number === 1 ? '' : `-${number}`}.mp4`);
}

/** `text` as (a part of) a file's name on any system: no separators, no reserved names or characters, not too long. */
export function safeName(text: string): string {
  const plain = Buffer.from(text)
    .toString()
    .replace(/[\p{Other}\u2028\u2029\ufffd<>:"/\\|?*]+/gu, '_')
    .trim();
  const short = cutToBytes(plain, MAX_VALUE_BYTES).replace(/^\.+|[. ]+$/g, '_');
  if (short === '') return '_';
  return RESERVED_NAME.test(short) ? `_${short}` : short;
}

function valueOf(word: string, path: string, values: PathValues): string {
  const { date } = values;
  switch (word) {
    case 'stream':
      return safeName(values.stream);
    case 'date':
      return `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
    case 'time':
      return `${pad(date.getHours())}-${pad(date.getMinutes())}-${pad(date.getSeconds())}`;
    case 'epoch':
      return String(values.epoch);
    default:
      throw new StreamInferError('OPTION_INVALID', `path: expected {stream}, {date}, {time} or {epoch}, got {${word}} in ${path}`);
  }
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}

/** The longest beginning of whole characters that takes at most `limit` bytes. */
function cutToBytes(text: string, limit: number): string {
  let bytes = 0;
  let cut = '';
  for (const character of text.slice(0, limit)) {
    bytes += Buffer.byteLength(character);
    if (bytes > limit) break;
    cut += character;
  }
  return cut;
}
