import type * as Constants from 'node-av/constants';
import type * as Lib from 'node-av/lib';

/** FFmpeg's libraries with their constants. Low level and synchronous: the high-level API yields no packets on Node 20. */
export type Libav = typeof Lib & typeof Constants;

/** Loads the native code and silences FFmpeg's own log; what matters comes back as return codes. */
export async function loadLibav(): Promise<Libav> {
  const [lib, constants] = await Promise.all([import('node-av/lib'), import('node-av/constants')]);
  lib.Log.setLevel(constants.AV_LOG_QUIET);
  return { ...lib, ...constants };
}
