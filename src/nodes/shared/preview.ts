/** Elements of a list, and characters of a text, that are shown. */
const MOST = { elements: 100, characters: 500 } as const;

/** A copy of plain data to look at: long lists and texts are cut, lists of numbers made plain. */
export function preview(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, MOST.characters);
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return preview([...(value as Uint8Array).subarray(0, MOST.elements)]);
  if (Array.isArray(value)) return value.slice(0, MOST.elements).map(preview);
  return Object.fromEntries(Object.entries(value).slice(0, MOST.elements).map(([key, inner]) => [key, preview(inner)]));
}
