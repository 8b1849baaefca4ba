import { pathToFileURL } from 'node:url';

import { bytesPerPixel, type Frame, plainCopy, StreamInferError } from '../base/index.js';
import type { AlgoContext, LaneAlgo, LaneFrame } from './algo.js';
import { headOf, pixelsOf } from './pixel-frame.js';

/** What a user's algo may look like: the methods of `Algo`, of which only `run` is needed. */
export type UserAlgo = {
  /** Absent: true. */
  readonly keepsFrames?: boolean;
  open?(context: AlgoContext): unknown;
  /** The seed's name of `open`. */
  init?(context: AlgoContext): unknown;
  run(frames: readonly Frame[], context: AlgoContext): unknown;
  close?(): unknown;
};

export type UserAlgoContext = Pick<AlgoContext, 'name' | 'stream' | 'kwargs'> & {
  /** Paths of the files that the algo comes from: errors then tell the line in them. */
  readonly files?: readonly string[];
  /** What badges and logs say of it. Default: a module and its file. */
  readonly description?: LaneAlgo['description'];
};

/**
 * Opens a user's algo and gives it the shape of a lane: frames of the producer's size and format, results that can
 * cross threads (a copy; typed arrays stay as they are, `undefined` becomes `null`).
 * Throws `ALGO_OPEN_FAILED`; its `run` throws `ALGO_RUN_FAILED`, both with the user's message and line.
 */
export async function laneAlgoOf(algo: UserAlgo, given: UserAlgoContext): Promise<LaneAlgo> {
  const { name, stream, kwargs, files = [] } = given;
  const life = new AbortController();
  const context = (signal: AbortSignal): AlgoContext => ({ name, stream, kwargs, signal });
  try {
    if (algo.open) await algo.open(context(life.signal));
    else await algo.init?.(context(life.signal));
  } catch (cause) {
    throw new StreamInferError('ALGO_OPEN_FAILED', `${name}: open: ${whatAndWhere(cause, files)}`, { cause });
  }
  return {
    needs: { kind: 'pixels' },
    keepsFrames: algo.keepsFrames ?? true,
    description: given.description ?? { family: 'module', ...(files.length > 0 && { file: files[0] }) },
    run: async (frames, signal) => {
      try {
        return plainCopy(await algo.run(frames.map(asFrame), context(signal)));
      } catch (cause) {
        throw new StreamInferError('ALGO_RUN_FAILED', `${name}: ${whatAndWhere(cause, files)}`, { cause });
      }
    },
    close: async () => {
      if (life.signal.aborted) return;
      life.abort();
      await algo.close?.();
    },
  };
}

/** "message (file.js:12:5)" of anything thrown, the place being the first in the user's files. */
export function whatAndWhere(thrown: unknown, files: readonly string[]): string {
  if (!(thrown instanceof Error)) return `threw ${String(thrown)}`;
  /** A stack names CommonJS files by path, ES modules by URL. */
  const names = files.flatMap((file) => [file, pathToFileURL(file).href]);
  const line = (thrown.stack ?? '').split('\n').find((text) => names.some((name) => text.includes(name)));
  const place = line && /([^/\\]+?)(?:\?[^:]*)?(:\d+(?::\d+)?)\)?$/.exec(line);
  return place ? `${thrown.message} (${place[1] ?? ''}${place[2] ?? ''})` : thrown.message;
}

function asFrame(given: LaneFrame): Frame {
  const frame = pixelsOf(given);
  const head = headOf(frame);
  const { width, format, data } = frame;
  return { ...head, position: head.pts, format, strideBytes: width * bytesPerPixel(format), data: new Uint8Array(data) };
}
