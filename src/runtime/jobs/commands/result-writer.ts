import { mkdir, open } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { type AlgoResult, type KnownPlan, plainValue, StreamInferError } from '../../base/index.js';

/** Writes one JSON object a line. */
export interface ResultWriter {
  /** Resolves when the line is written: whoever reads slowly is waited for. */
  write(line: object): Promise<void>;
  /** Writes the last line. */
  end(line: object, how: 'finished' | 'broken-off'): Promise<void>;
  /** Whether a run that broke off has written that result. */
  has(result: AlgoResult): boolean;
  /** Where its results are. Absent: there are none. */
  readonly known?: KnownPlan;
  close(): Promise<void>;
}

/** What a writer says that begins anew. */
const ANEW = { has: () => false } as const;

/** Into the file, which is written over, its folders made; without one on standard output. */
export async function openResultWriter(path: string | undefined): Promise<ResultWriter> {
  return path === undefined ? stdoutWriter() : fileWriter(resolve(path));
}

/** A result as the line that programs read. */
export function resultLine(result: AlgoResult): object {
  const { stream, algo, position, frame, timing } = result;
  return { stream: stream.name, algo, position, frame, result: result.result, timing };
}

/** True for the error of a reader that has gone (`stream-infer run … | head`). */
export function isReaderGone(error: unknown): boolean {
  const { code } = (error ?? {}) as { code?: unknown };
  return code === 'EPIPE' || code === 'ERR_STREAM_DESTROYED';
}

function stdoutWriter(): ResultWriter {
  const write = async (line: object): Promise<void> => {
    const text = lineText(line);
    await new Promise<void>((resolve, reject) => {
      process.stdout.write(text, (error) => { if (error) reject(error); else resolve(); });
    });
  };
  return {
    ...ANEW,
    write,
    end: write,
    close: async () => {},
  };
}

async function fileWriter(path: string): Promise<ResultWriter> {
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'w');
    const write = async (line: object): Promise<void> => {
      const text = lineText(line);
      await file.appendFile(text).catch((cause: unknown) => { throw writeFailed(path, cause); });
    };
    return {
      ...ANEW,
      write,
      end: write,
      close: async () => file.close(),
    };
  } catch (cause) {
    throw new StreamInferError('OPTION_INVALID', `--results: ${writeFailed(path, cause).message}`, { cause });
  }
}

/** A line that could not be written. */
export function writeFailed(path: string, cause: unknown): StreamInferError {
  return new StreamInferError('RECORD_WRITE_FAILED', `write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

/** An object as a line of JSON. */
export function lineText(line: object): string {
  return `${JSON.stringify(line, plainValue)}\n`;
}
