import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { fileLines, StreamInferError } from '../../base/index.js';
import type { Checkpoint } from '../checkpoint.js';

/** What a result file has from a run that broke off. */
export type WrittenResults = {
  /** The newest frame that has a result, and the names of the algos that gave it one. Of frames before it all results are there. Absent: there is none. */
  readonly newest?: { readonly index: number; readonly algos: ReadonlySet<string> };
  readonly bytes: number;
  /** Of these bytes, to go on with. */
  readonly hash: Hash;
};

/** Of a file that begins. */
export function nothingWritten(): WrittenResults {
  return { bytes: 0, hash: createHash('sha256') };
}

/**
 * Reads what the checkpoint vouches for, and cuts off what came after it: half a line, results that are not safe, the line of an end. Throws
 * `OPTION_INVALID` where the file is shorter, or is another one.
 */
export async function takeUp(file: FileHandle, path: string, { bytes, sha256 }: Checkpoint): Promise<WrittenResults> {
  const { size } = await file.stat();
  if (size < bytes) throw notIts(path, `it has ${size} bytes, at the checkpoint it had ${bytes}`);
  let newest: { readonly index: number; readonly algos: Set<string> } | undefined;
  const hash = createHash('sha256');
  for await (const line of fileLines(file, bytes)) {
    hash.update(line);
    const [algo, index] = resultOf(line.toString('utf8'), path);
    if (newest?.index !== index) newest = { index, algos: new Set() };
    newest.algos.add(algo);
  }
  if (hash.copy().digest('hex') !== sha256) throw notIts(path, 'it was changed since');
  await file.truncate(bytes);
  return { bytes, hash, ...(newest && { newest }) };
}

function resultOf(line: string, path: string): [algo: string, index: number] {
  try {
    const { algo, frame } = JSON.parse(line) as { algo: unknown; frame: { index: unknown } };
    if (typeof algo === 'string' && typeof frame.index === 'number') return [algo, frame.index];
  } catch {
    // told below
  }
  throw notIts(path, 'it was changed since');
}

function notIts(path: string, why: string): StreamInferError {
  return new StreamInferError('OPTION_INVALID', `--resume: ${path} is not the file of its checkpoint: ${why}; run without --resume to begin anew`);
}
