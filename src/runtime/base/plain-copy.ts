import { StreamInferError } from './errors.js';
import { MAX_RESULT_BYTES, MAX_RESULT_DEPTH, MAX_RESULT_VALUES } from './limits.js';

/**
 * A copy of plain data that can cross threads and processes: typed arrays stay as they are, `undefined` becomes `null`. Throws with the path of
 * what is no plain data, and for what is larger or deeper than the limits (`MAX_RESULT_…`): whoever takes it later would have to bear it.
 */
export function plainCopy(result: unknown): unknown {
  if (result === undefined) return null;
  checkExtent(result);
  try {
    return structuredClone(result);
  } catch (cause) {
    const path = uncloneable(result, 'result');
    throw new Error(`${path} is no plain data and cannot be handed on (${(cause as Error).message})`, { cause });
  }
}

/** Throws `ALGO_RUN_FAILED` for what has more values or bytes, or lies deeper, than is handed on; what goes in a circle has no end. */
export function checkExtent(result: unknown): void {
  new Extent().add(result, 0);
}

/** How much of the limits a result takes. */
class Extent {
  #values = 0;
  #bytes = 0;

  add(value: unknown, depth: number): void {
    this.#values += 1;
    if (this.#values > MAX_RESULT_VALUES) throw tooMuch(`it has more than ${String(MAX_RESULT_VALUES)} values`);
    if (typeof value === 'string') this.#addBytes(value.length);
    else if (typeof value === 'object' && value !== null) this.#addParts(value, depth);
  }

  #addParts(value: object, depth: number): void {
    if (depth >= MAX_RESULT_DEPTH) throw tooMuch(`its lists and objects are nested more than ${String(MAX_RESULT_DEPTH)} deep, or in a circle`);
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof SharedArrayBuffer) {
      this.#addBytes(value.byteLength);
    } else if (Array.isArray(value) || value instanceof Set) {
      // a list may be long and empty: what is not there counts, too
      if (Array.isArray(value)) this.#addHoles(value);
      for (const part of value as Iterable<unknown>) this.add(part, depth + 1);
    } else if (value instanceof Map) {
      for (const part of value as Map<unknown, unknown>) this.add(part, depth + 1);
    } else {
      this.#addFields(value, depth);
    }
  }

  #addHoles({ length }: readonly unknown[]): void {
    if (this.#values + length > MAX_RESULT_VALUES) throw tooMuch(`it has more than ${String(MAX_RESULT_VALUES)} values`);
  }

  #addFields(value: object, depth: number): void {
    for (const key of Object.keys(value)) {
      this.#addBytes(key.length);
      this.add((value as Record<string, unknown>)[key], depth + 1);
    }
  }

  #addBytes(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > MAX_RESULT_BYTES) throw tooMuch(`its texts and binary data have more than ${String(MAX_RESULT_BYTES / 2 ** 20)} MiB`);
  }
}

function tooMuch(what: string): StreamInferError {
  return new StreamInferError('ALGO_RUN_FAILED', `the result is too large: ${what}; give less, or keep it elsewhere and give its place`);
}

/** Path of the innermost part of `value`, which is not too deep, that cannot be cloned. */
function uncloneable(value: unknown, path: string): string {
  if (typeof value !== 'object' || value === null) return path;
  for (const [key, part] of Object.entries(value)) {
    if (!canClone(part)) return uncloneable(part, Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`);
  }
  return path;
}

function canClone(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}
