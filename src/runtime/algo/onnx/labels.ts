import { MAX_LABEL_LENGTH, MAX_LABELS, StreamInferError } from '../../base/index.js';
import { COCO_90_LABELS, COCO_LABELS } from './coco-labels.js';
import { numberedName, parseNames } from './metadata-text.js';
import { readTextFile } from './text-file.js';

/** Names that models of so many classes have where nothing tells others. */
export type KnownLabels = { readonly from: 'coco' | 'faces' | 'voc' | 'cityscapes' | 'dota' | 'text'; readonly names: readonly string[] };

const COCO: readonly KnownLabels[] = [COCO_LABELS, COCO_90_LABELS].map((names) => ({ from: 'coco', names }));

/** Names of a model's classes. */
export type Labels = {
  /** By class number; may be shorter than the model's classes. */
  readonly names: readonly string[];
  /** Where they come from. */
  readonly from: 'options' | 'model' | KnownLabels['from'] | 'numbers';
  /** What does not fit. */
  readonly warning?: string;
};

export type LabelSources = {
  /** Option: the names, or a file of them. */
  readonly classNames?: string | readonly string[] | undefined;
  /** The model's own `names`. */
  readonly metadata?: string | undefined;
  /** Number of classes, where the model's outputs tell it. */
  readonly classes?: number | undefined;
  /** Lists of names taken by their length where nothing names the classes. Default COCO's. */
  readonly known?: readonly KnownLabels[] | undefined;
};

/** The option's names, else the model's own, else a known list of as many classes, else `class N`. Throws `OPTION_INVALID`. */
export async function resolveLabels(sources: LabelSources): Promise<Labels> {
  const { classNames, metadata, classes, known = COCO } = sources;
  if (classNames !== undefined && classNames.length > 0) {
    const names = typeof classNames === 'string' ? await readNamesFile(classNames) : classNames;
    if (classes === undefined || names.length === classes) return { names, from: 'options' };
    return { names, from: 'options', warning: `options.classNames has ${names.length} names, the model ${classes} classes` };
  }
  const own = metadata === undefined ? undefined : parseNames(metadata);
  if (own && (classes === undefined || own.length <= classes)) return { names: own, from: 'model' };
  return listOrNumbers(classes, known);
}

function listOrNumbers(classes = 0, known: readonly KnownLabels[]): Labels {
  return known.find(({ names }) => names.length === classes) ?? { names: Array.from({ length: classes }, (_, classId) => numberedName(classId)), from: 'numbers' };
}

/** The name of a class; `class N` where it has none. */
export function labelOf(labels: Labels, classId: number): string {
  return labels.names[classId] ?? numberedName(classId);
}

/**
 * Class numbers of the labels (or class numbers as text) to keep; undefined for an empty list: all. Case does not count.
 * Throws `OPTION_INVALID`, with the names that are close.
 */
export function wantedClasses(wanted: readonly string[], labels: Labels, classes?: number): ReadonlySet<number> | undefined {
  if (wanted.length === 0) return undefined;
  const count = classes ?? (labels.names.length || Infinity);
  return new Set(wanted.flatMap((entry) => classesNamed(entry.trim(), labels, count)));
}

function classesNamed(entry: string, labels: Labels, count: number): number[] {
  const found = labels.names.flatMap((name, classId) => (name.toLowerCase() === entry.toLowerCase() ? [classId] : []));
  if (found.length > 0) return found;
  const classId = /^(?:class )?(\d{1,6})$/i.exec(entry)?.[1];
  if (classId !== undefined && Number(classId) < count) return [Number(classId)];
  const close = closeNames(entry, labels.names);
  const proposal = close.length > 0 ? `did you mean ${close.map((name) => `"${name}"`).join(', ')}?` : `it has ${someNames(labels.names)}`;
  throw new StreamInferError('OPTION_INVALID', `options.labels: the model has no class "${entry}"; ${proposal}`);
}

function someNames(names: readonly string[]): string {
  if (names.length === 0) return 'no names, use class numbers';
  return names.length > 10 ? `${names.slice(0, 10).join(', ')} … (${names.length})` : names.join(', ');
}

/** At most three names that contain the entry, are contained in it, or are a few letters away from it; closest first. */
function closeNames(entry: string, names: readonly string[]): string[] {
  const text = entry.toLowerCase();
  return names
    .map((name) => ({ name, distance: nameDistance(text, name.toLowerCase()) }))
    .filter(({ distance, name }) => distance <= Math.max(1, Math.min(text.length, name.length) / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}

function nameDistance(a: string, b: string): number {
  if (a.length > 2 && b.length > 2 && (a.includes(b) || b.includes(a))) return 0.5;
  return editDistance(a, b);
}

/** Letters to insert, remove or replace to come from one text to the other (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Names of a file: one a line, or what `parseNames` takes. */
async function readNamesFile(path: string): Promise<string[]> {
  const text = (await readTextFile(path, 'options.classNames')).trim();
  const lines = text.split(/\r?\n/, MAX_LABELS + 1);
  if (lines.length > MAX_LABELS) throw new StreamInferError('OPTION_INVALID', `options.classNames: ${path} has more than ${MAX_LABELS} lines; expected one name a line`);
  const listed = /^[[{]/.test(text) ? parseNames(text) : lines.map((line) => line.trim().slice(0, MAX_LABEL_LENGTH));
  if (text !== '' && listed) return listed;
  throw new StreamInferError('OPTION_INVALID', `options.classNames: ${path} holds no names; expected one a line, or a JSON array`);
}
