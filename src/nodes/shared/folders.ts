import { realpathSync } from 'node:fs';
import path from 'node:path';

import { StreamInferError } from '../../runtime/index.js';

/** A folder that paths of a setting must not leave. */
export type Fence = {
  /** Absolute. */
  readonly folder: string;
  /** The setting, and what its folder is called, for messages. */
  readonly field: string;
  readonly called: string;
};

/**
 * The path of `given` in the folder. Throws `OPTION_INVALID` where it lies outside, by its text or because a link leads there;
 * of what does not exist only the text is looked at.
 */
export function insideFolder(given: string, fence: Fence): string {
  const { folder, field, called } = fence;
  const full = path.resolve(folder, given);
  const how = isBelow(full, folder) ? linkOut(full, folder) : '';
  if (how === undefined) return full;
  throw new StreamInferError('OPTION_INVALID', `${field}: expected a file in the ${called} ${folder}, got ${JSON.stringify(given)}${how}: set the folder in the stream-engine`);
}

/** Whether the path is `folder` or lies somewhere in it, by its text. Both are absolute. */
export function isBelow(full: string, folder: string): boolean {
  const inside = path.relative(folder, full);
  return inside !== '..' && !inside.startsWith(`..${path.sep}`) && !path.isAbsolute(inside);
}

/** The path with all links followed; undefined where there is nothing. */
export function realPath(full: string): string | undefined {
  try {
    return realpathSync(full);
  } catch {
    return undefined;
  }
}

/** Undefined where no link leads out of the folder. */
function linkOut(full: string, folder: string): string | undefined {
  const real = realPath(full);
  if (real === undefined || isBelow(real, realPath(folder) ?? folder)) return undefined;
  return ', a link out of it';
}
