import { createHash, type Hash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';

import { StreamInferError } from '../../base/index.js';
import type { Checkpoint } from '../checkpoint.js';

/** Read at once. */
const CHUNK_BYTES = 1024 * 1024;

/** What a result file has from a run that broke off. */
export type WrittenResults = {
  /** Number of the newest frame that has a result, by the algo's name. */
  readonly newest: ReadonlyMap<string, number>;
  readonly bytes: number;
  /** Of these bytes, to go on with. */
  readonly hash: Hash;
};

/** Of a file that begins. */
export function nothingWritten(): WrittenResults {
  return { newest: new Map(), bytes: 0, hash: createHash('sha256') };
}

/**
 * Reads what the checkpoint vouches for, and cuts off what came after it: half a line, results that are not safe, the line of an end. Throws
 * `OPTION_INVALID` where the file is shorter, or is another one.
 */
export async function takeUp(file: FileHandle, path: string, { bytes, sha256 }: Checkpoint): Promise<WrittenResults> {
  const { size } = await file.stat();
  if (size < bytes) throw notIts(path, `it has ${size} bytes, at the checkpoint it had ${bytes}`);
  const newest = new Map<string, number>();
  const hash = createHash('sha256');
  let rest = Buffer.alloc(0);
  for (let at = 0; at < bytes;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(CHUNK_BYTES, bytes - at)), 0, null, at);
    if (bytesRead === 0) throw notIts(path, 'it ends too soon');
    const read = buffer.subarray(0, bytesRead);
    hash.update(read);
    rest = noteLines(Buffer.concat([rest, read]), newest, path);
    at += bytesRead;
  }
  if (rest.length > 0 || hash.copy().digest('hex') !== sha256) throw notIts(path, 'it was changed since');
  await file.truncate(bytes);
  return { newest, bytes, hash };
}

/** Notes the results of all whole lines; what is left is the beginning of the next one. */
function noteLines(text: Buffer, newest: Map<string, number>, path: string): Buffer<ArrayBuffer> {
  const end = text.lastIndexOf(0x0a) + 1;
  for (const line of text.subarray(0, end).toString('utf8').split('\n')) {
    if (line === '') continue;
    const [algo, index] = resultOf(line, path);
    newest.set(algo, index);
  }
  return Buffer.from(text.subarray(end));
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
