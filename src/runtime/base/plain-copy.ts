/** A copy of plain data that can cross threads and processes: typed arrays stay as they are, `undefined` becomes `null`. Throws with the path of what is no plain data. */
export function plainCopy(result: unknown): unknown {
  if (result === undefined) return null;
  try {
    return structuredClone(result);
  } catch (cause) {
    const path = uncloneable(result, { path: 'result', depth: 0 });
    throw new Error(`${path} is no plain data and cannot be handed on (${(cause as Error).message})`, { cause });
  }
}

/** Path of the innermost part of `value` that cannot be cloned. */
function uncloneable(value: unknown, at: { readonly path: string; readonly depth: number }): string {
  if (typeof value !== 'object' || value === null || at.depth > 20) return at.path;
  for (const [key, part] of Object.entries(value)) {
    const path = Array.isArray(value) ? `${at.path}[${key}]` : `${at.path}.${key}`;
    if (part !== value && !canClone(part)) return uncloneable(part, { path, depth: at.depth + 1 });
  }
  return at.path;
}

function canClone(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
