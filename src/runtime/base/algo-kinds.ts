import type { AlgoPlan } from './algo-schema.js';
import type { CropsOptions } from './crops-schema.js';

/** Whether that algo's thread runs what a user wrote: it may be ended at any moment. */
export function isUserCode({ kind }: AlgoPlan): boolean {
  return kind === 'module' || kind === 'code';
}

/** Whether that algo keeps nothing from run to run: what it gave once need not be asked for again. */
export function keepsNothing({ kind }: AlgoPlan): boolean {
  return kind === 'onnx' || kind === 'remote';
}

/** Whether that algo's things are numbered: because it is asked for, or for the lines that they may cross. */
export function followsThings({ track, lines }: AlgoPlan): boolean {
  return track || lines.length > 0;
}

/** Runs of that algo that one stream may have under way at a time. */
export function runsAtOnce(algo: AlgoPlan): number {
  if (algo.kind === 'flow') return algo.options.limit;
  return algo.kind === 'remote' ? algo.concurrency : 1;
}

/** What of another algo's detections that algo is run on; undefined: it is run on frames. */
export function cropsOf(algo: AlgoPlan): CropsOptions | undefined {
  return 'crops' in algo ? algo.crops : undefined;
}
