import type { Detection } from '../../base/index.js';

/** What a result tells of a thing, as far as its crop matters. Other fields stay as they are. */
export type Thing = Pick<Detection, 'box'> & { readonly label?: unknown; readonly trackId?: unknown; readonly parts?: Readonly<Record<string, unknown>> };

/**
 * The things with a box in an algo's result: `path` names the algos on crops that lead to it, from the first on; what they found lies
 * in the parts of what it was found in.
 */
export function thingsIn(list: readonly unknown[], [name, ...rest]: readonly string[]): Thing[] {
  const things = list.filter(hasBox);
  if (name === undefined) return things;
  return things.flatMap(({ parts }) => thingsIn(asList(parts?.[name]), rest));
}

/** The result with what the algo `name` gave for some of the things of `path`, in their `parts`. */
export function withParts(list: readonly unknown[], [next, ...rest]: readonly string[], { name, given }: { readonly name: string; readonly given: ReadonlyMap<unknown, unknown> }): unknown[] {
  return list.map((item) => {
    if (!hasBox(item)) return item;
    if (next === undefined) return given.has(item) ? { ...item, parts: { ...item.parts, [name]: given.get(item) } } : item;
    const inner = item.parts?.[next];
    return Array.isArray(inner) ? { ...item, parts: { ...item.parts, [next]: withParts(inner, rest, { name, given }) } } : item;
  });
}

/** Numbers that are none are left to whoever cuts the box out. */
function hasBox(item: unknown): item is Thing {
  const box = (item as { box?: unknown } | null | undefined)?.box;
  if (typeof box !== 'object' || box === null) return false;
  const { xmin, ymin, xmax, ymax } = box as Partial<Record<keyof Detection['box'], unknown>>;
  return [xmin, ymin, xmax, ymax].every((side) => typeof side === 'number');
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
