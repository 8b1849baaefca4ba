import type { FileHandle } from 'node:fs/promises';

/** Read at once. */
const CHUNK_BYTES = 1024 * 1024;

/** The lines of a file's first `bytes`, each with the end it has; fewer where the file is shorter. Lines end with a line feed and nothing else, as JSON Lines do. */
export async function* fileLines(file: FileHandle, bytes: number): AsyncGenerator<Buffer> {
  let begun: Buffer[] = [];
  for (let at = 0; at < bytes;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(Math.min(CHUNK_BYTES, bytes - at)), 0, null, at);
    if (bytesRead === 0) break;
    at += bytesRead;
    const read = buffer.subarray(0, bytesRead);
    let from = 0;
    for (let end = read.indexOf(0x0a) + 1; end > 0; end = read.indexOf(0x0a, from) + 1) {
      yield Buffer.concat([...begun, read.subarray(from, end)]);
      begun = [];
      from = end;
    }
    if (from < bytesRead) begun.push(read.subarray(from));
  }
  if (begun.length > 0) yield Buffer.concat(begun);
}
