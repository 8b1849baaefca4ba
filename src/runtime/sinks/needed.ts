import { StreamInferError } from '../base/index.js';

/** What `load` gives. Throws `BACKEND_MISSING` where the package is not installed. */
export async function needed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    throw new StreamInferError('BACKEND_MISSING', `this sink needs the package ${name}, which is not installed: npm install ${name}`, { cause });
  }
}
