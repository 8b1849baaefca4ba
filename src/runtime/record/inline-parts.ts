/** How deep parts of parts are followed; what is nested deeper is not drawn. */
const DEPTH = 8;

type Nested = { readonly label?: unknown; readonly parts?: unknown };

/**
 * A list of things with what was found in their crops (`parts`) beside them: nested things become elements of the list; of a
 * class, a text or whatever has a label, the first goes behind the thing's own label.
 */
export function inlineParts(list: readonly unknown[], depth = DEPTH): unknown[] {
  return list.flatMap((item) => {
    const parts = partsOf(item);
    if (parts.length === 0 || depth === 0) return [item];
    const names = parts.flatMap((part) => nameOf(part) ?? []);
    const inner = parts.flatMap((part) => (Array.isArray(part) ? inlineParts(part.filter(hasPlace), depth - 1) : []));
    return [withNames(item as Nested, names), ...inner];
  });
}

function withNames(item: Nested, names: readonly string[]): Nested {
  if (names.length === 0) return item;
  const own = typeof item.label === 'string' && item.label !== '' ? [item.label] : [];
  return { ...item, label: [...own, names.join(', ')].join(': ') };
}

function partsOf(item: unknown): unknown[] {
  const parts = (item as Nested | null | undefined)?.parts;
  return typeof parts === 'object' && parts !== null ? Object.values(parts) : [];
}

/** What an algo gave for a whole crop, in a word: a text, or the label or text of an object or of a list's first one; undefined where places tell it. */
function nameOf(part: unknown): string | undefined {
  const first: unknown = Array.isArray(part) ? part[0] : part;
  if (typeof first === 'string') return first;
  if (typeof first !== 'object' || first === null || hasPlace(first)) return undefined;
  const { label, text } = first as { label?: unknown; text?: unknown };
  return [label, text].find((name) => typeof name === 'string');
}

/** It tells where it is, as a box or a mask. */
function hasPlace(item: unknown): boolean {
  return typeof item === 'object' && item !== null && ('box' in item || 'segmentation' in item);
}
