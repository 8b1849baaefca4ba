import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

import { StreamInferError, toWire } from '../../runtime/index.js';

/** Bytes of a file that is uploaded, at most. */
export const MAX_UPLOAD_BYTES = 4 * 2 ** 30;

/** A plain name, which no system reads as something else: no folders, nothing hidden, no device. */
const NAME = /^(?!(?:con|prn|aux|nul|com\d|lpt\d)\.)[\p{L}\p{N}_][\p{L}\p{N}_ .()+-]{0,120}\.(?:onnx|txt|names|labels)$/iu;

export type Upload = {
  /** Absolute; made where it is not there. */
  readonly folder: string;
  readonly name: string;
  /** In place of a file of that name. */
  readonly overwrite: boolean;
  readonly body: Readable;
  /** Who sends it has gone. */
  readonly signal: AbortSignal;
};

/**
 * Puts a model, or a file of class names, into a folder, whole or not at all: it is written under another name first. Rejects with
 * `OPTION_INVALID` for a name that is none or too many bytes, `STATE_INVALID` where there is a file of that name already or it
 * cannot be written.
 */
export async function takeUpload({ folder, name, overwrite, body, signal }: Upload): Promise<void> {
  if (!NAME.test(name)) throw new StreamInferError('OPTION_INVALID', `name: expected a plain file name that ends in .onnx, .txt, .names or .labels, got ${JSON.stringify(name.slice(0, 200))}`);
  const final = path.join(folder, name);
  const part = path.join(folder, `.${randomUUID()}.part`);
  try {
    await mkdir(folder, { recursive: true });
    await pipeline(body, limited, createWriteStream(part, { flags: 'wx' }), { signal });
    if (overwrite) await rename(part, final);
    else await link(part, final);
  } catch (error) {
    throw failureOf(error, final);
  } finally {
    await rm(part, { force: true });
  }
}

async function* limited(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > MAX_UPLOAD_BYTES) throw tooLarge();
    yield chunk;
  }
}

export function tooLarge(): StreamInferError {
  return new StreamInferError('OPTION_INVALID', `the file has more than ${MAX_UPLOAD_BYTES / 2 ** 30} GiB: put it into the models folder by hand`);
}

function failureOf(error: unknown, final: string): StreamInferError {
  if (error instanceof StreamInferError) return error;
  if ((error as NodeJS.ErrnoException).code === 'EEXIST') return new StreamInferError('STATE_INVALID', `there is a ${path.basename(final)} already: choose another name, or replace it`);
  return new StreamInferError('STATE_INVALID', `write ${final}: ${toWire(error).message}`, { cause: error });
}
