import { appendFile, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { hidePassword, type WireError } from '../base/index.js';
import type { RecordLine } from './record.js';

/** Bytes of the file; a full one is kept as the one before. */
const MOST_BYTES = 10 * 2 ** 20;

/** Results that a receiver did not want, with its reason, for people to look at: `refused.jsonl` in the spool's folder. */
export class RefusedFile {
  readonly #path: string;

  constructor(folder: string) {
    this.#path = join(folder, 'refused.jsonl');
  }

  /** Never throws: it is a help, and the result is counted anyway. */
  async add(line: RecordLine, { code, message }: WireError): Promise<void> {
    try {
      const found = await stat(this.#path).catch(() => undefined);
      if (found !== undefined && found.size > MOST_BYTES) await rename(this.#path, `${this.#path}.old`);
      await appendFile(this.#path, `{"error":${JSON.stringify({ code, message: hidePassword(message) })},"result":${line}}\n`, { mode: 0o600 });
    } catch {
      // the disk may be full
    }
  }
}
