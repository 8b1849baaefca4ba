import { open } from 'node:fs/promises';

import { MAX_NAMES_FILE_BYTES, StreamInferError } from '../../base/index.js';

/** The text of a file of names or characters, without a byte order mark. Throws `OPTION_INVALID`, which names the setting. */
export async function readTextFile(path: string, setting: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > MAX_NAMES_FILE_BYTES) throw new Error(`it has ${size} bytes, a list of names has at most ${MAX_NAMES_FILE_BYTES}`);
    return (await file.readFile('utf8')).replace(/^\uFEFF/, '');
  } catch (cause) {
    throw new StreamInferError('OPTION_INVALID', `${setting}: cannot read ${path} (${cause instanceof Error ? cause.message : String(cause)})`, { cause });
  }
}
