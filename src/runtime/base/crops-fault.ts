import { followsThings } from './algo-kinds.js';
import type { AlgoPlan } from './algo-schema.js';

/** A field that does not go with the others. */
export type Fault = { readonly path: readonly string[]; readonly message: string; readonly input: unknown };

/** What is wrong with an algo on crops that stands behind `before`. */
export function cropsFault(algo: AlgoPlan, before: readonly AlgoPlan[]): Fault | undefined {
  const crops = 'crops' in algo ? algo.crops : undefined;
  if (crops === undefined) return undefined;
  const { of, rerun } = crops;
  const parent = before.find(({ id }) => id === of);
  if (parent === undefined) return { path: ['crops', 'of'], message: `expected one of the algos before "${algo.name}"`, input: of };
  if (algo.frameCount > 1) return { path: ['frameCount'], message: 'expected 1, because crops are of one frame', input: algo.frameCount };
  if (algo.track) return { path: ['track'], message: `expected false: "${parent.name}" can follow the things that it finds`, input: true };
  if (rerun === 'new' && !followsThings(parent)) return { path: ['crops', 'rerun'], message: `expected "always", or that "${parent.name}" follows what it finds (track)`, input: rerun };
  return lookFault(algo, parent.name);
}

/** Where to look, and when, is said by the algo whose things they are. */
function lookFault(algo: AlgoPlan, parent: string): Fault | undefined {
  if (algo.motionGate) return { path: ['motionGate'], message: `expected none: that of "${parent}" decides`, input: algo.motionGate };
  if (algo.regions.length > 0) return { path: ['regions'], message: `expected none: those of "${parent}" count`, input: algo.regions };
  if (algo.zones.length > 0) return { path: ['zones'], message: `expected none: those of "${parent}" count`, input: algo.zones };
  if (algo.lines.length > 0) return { path: ['lines'], message: `expected none: those of "${parent}" count`, input: algo.lines };
  if ('options' in algo && 'slices' in algo.options && algo.options.slices) return { path: ['options', 'slices'], message: 'expected none, because it is run on crops', input: algo.options.slices };
  return undefined;
}
