import { MAX_LABEL_LENGTH, MAX_LABELS } from '../../base/index.js';

const STRING = String.raw`'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"`;
const DICT_ENTRY = new RegExp(String.raw`\s*["']?(\d{1,9})["']?\s*:\s*(${STRING})\s*(?:,|(?=\}))`, 'gy');
const LIST_ENTRY = new RegExp(String.raw`\s*(${STRING})\s*(?:,|(?=\]))`, 'gy');

/**
 * Class names as exporters write them into a model: a Python or JSON dictionary by class number, a list of either, or
 * names separated by commas. Read, never evaluated.
 * @returns Names by class number, gaps filled with `class N`; undefined where the text is something else.
 */
export function parseNames(text: string): string[] | undefined {
  const trimmed = text.trim();
  if (trimmed.startsWith('{')) return fromDict(trimmed);
  if (trimmed.startsWith('[')) return fromList(trimmed);
  const names = trimmed.split(',').map((name) => name.trim());
  return names.length > 1 && names.every((name) => name !== '') ? names.slice(0, MAX_LABELS).map(shorten) : undefined;
}

/** `[height, width]`, `(height, width)` or one number for both, in pixels. */
export function parseSize(text: string): { readonly width: number; readonly height: number } | undefined {
  const numbers = /^[[(]?\s*(\d{1,5})\s*(?:,\s*(\d{1,5})\s*)?,?\s*[\])]?$/.exec(text.trim());
  if (!numbers) return undefined;
  const height = Number(numbers[1]);
  const width = Number(numbers[2] ?? numbers[1]);
  return width > 0 && height > 0 ? { width, height } : undefined;
}

/** `class 7`: the name of a class that has none. */
export function numberedName(classId: number): string {
  return `class ${classId}`;
}

function fromDict(text: string): string[] | undefined {
  const byNumber = new Map<number, string>();
  const end = eachEntry(DICT_ENTRY, text, (entry) => byNumber.set(Number(entry[1]), unquote(entry[2] ?? '')));
  let count = 0;
  for (const classId of byNumber.keys()) count = Math.max(count, classId + 1);
  if (byNumber.size === 0 || count > MAX_LABELS || text.slice(end).trim() !== '}') return undefined;
  return Array.from({ length: count }, (_, classId) => byNumber.get(classId) ?? numberedName(classId));
}

function fromList(text: string): string[] | undefined {
  const names: string[] = [];
  const end = eachEntry(LIST_ENTRY, text, (entry) => names.push(unquote(entry[1] ?? '')));
  if (names.length === 0 || names.length > MAX_LABELS || text.slice(end).trim() !== ']') return undefined;
  return names;
}

/** Calls `take` for each entry after the opening bracket; the place where they end. */
function eachEntry(pattern: RegExp, text: string, take: (entry: RegExpExecArray) => void): number {
  let end = 1;
  for (;;) {
    pattern.lastIndex = end;
    const entry = pattern.exec(text);
    if (!entry) return end;
    take(entry);
    end = pattern.lastIndex;
  }
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' };

/** The text between the quotes, with Python's and JSON's escapes taken back. */
function unquote(quoted: string): string {
  const text = quoted.slice(1, -1).replace(/\\(?:x[\da-f]{2}|u[\da-f]{4}|.)/gis, (escape) => {
    const letter = escape.charAt(1);
    return escape.length > 2 ? String.fromCharCode(parseInt(escape.slice(2), 16)) : (ESCAPES[letter] ?? letter);
  });
  return shorten(text);
}

function shorten(name: string): string {
  return name.length > MAX_LABEL_LENGTH ? name.slice(0, MAX_LABEL_LENGTH) : name;
}
