import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

import { type Clock, StreamInferError, systemClock } from '../../base/index.js';
import { checkpointPath, differenceOf, readCheckpoint, removeCheckpoint, type RunIdentity, writeCheckpoint } from '../checkpoint.js';
import { lineText, type ResultWriter, writeFailed } from './result-writer.js';
import { nothingWritten, takeUp, type WrittenResults } from './written-results.js';

/** Milliseconds from one checkpoint to the next: so much of a run is made again at most. */
const EVERY_MS = 2000;

export type ResumableOptions = {
  readonly path: string;
  readonly identity: RunIdentity;
  /** `resume`: goes on where a run of the same identity broke off; where there is no checkpoint it begins anew. */
  readonly how: 'anew' | 'resume';
  /** Default: the machine's. */
  readonly clock?: Clock;
};

/**
 * A result file with a checkpoint beside it, from the first moment until the run has finished. Throws `OPTION_INVALID` where the checkpoint
 * is none, or of another run, or of another file.
 */
export async function openResumableWriter({ path, identity, how, clock = systemClock }: ResumableOptions): Promise<ResultWriter> {
  const beside = checkpointPath(path);
  const before = how === 'resume' ? await readCheckpoint(beside) : undefined;
  const difference = before && differenceOf(before.identity, identity);
  if (difference !== undefined) throw new StreamInferError('OPTION_INVALID', `--resume: ${beside} is of another run: ${difference}; run without --resume to begin anew`);
  const file = await openFile(path);
  try {
    if (before === undefined) await file.truncate(0);
    const written: WrittenResults = before === undefined ? nothingWritten() : await takeUp(file, path, before);
    const { hash, newest } = written;
    let { bytes } = written;
    let savedAtMs = clock.now();
    const save = async (): Promise<void> => {
      await file.sync().catch((cause: unknown) => { throw writeFailed(path, cause); });
      await writeCheckpoint(beside, { checkpoint: 1, identity, bytes, sha256: hash.copy().digest('hex') }).catch((cause: unknown) => { throw writeFailed(beside, cause); });
      savedAtMs = clock.now();
    };
    const append = async (text: string): Promise<void> => { await file.appendFile(text).catch((cause: unknown) => { throw writeFailed(path, cause); }); };
    await save();
    return {
      ...(newest && { known: { path, bytes, until: newest.index } }),
      has: ({ algo, frame }) => newest !== undefined && (frame.index < newest.index || (frame.index === newest.index && newest.algos.has(algo))),
      write: async (line) => {
        const text = lineText(line);
        await append(text);
        hash.update(text);
        bytes += Buffer.byteLength(text);
        if (clock.now() - savedAtMs >= EVERY_MS) await save();
      },
      end: async (line, how) => {
        // the line of a broken end is behind the checkpoint: it is cut off when the run goes on
        if (how === 'broken-off') await save();
        await append(lineText(line));
        if (how === 'finished') await removeCheckpoint(beside);
      },
      close: async () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await open(path, 'a+');
  } catch (cause) {
    throw new StreamInferError('OPTION_INVALID', `--results: ${writeFailed(path, cause).message}`, { cause });
  }
}
