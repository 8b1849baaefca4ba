import type { AlgoPlan, AlgoResult } from '../../base/index.js';
import { type Overlay, toOverlay } from '../../record/index.js';
import type { Area } from '../../vision/index.js';
import { drawnResults } from './drawn-results.js';

/** What is drawn of the newest results of a stream's algos: what they have found, and the zones and lines that it is told by. */
export function overlaysOf(latest: readonly AlgoResult[], algos: readonly AlgoPlan[]): Overlay[] {
  return drawnResults(latest, algos).flatMap(({ algo, algoId, result }) => {
    const overlay = toOverlay(algo, result);
    const areas = areasOf(algos.find(({ id }) => id === algoId));
    return overlay === undefined ? [] : [areas.length === 0 ? overlay : { ...overlay, areas }];
  });
}

function areasOf(algo: AlgoPlan | undefined): Area[] {
  const { zones = [], lines = [] } = algo ?? {};
  return [...zones.map(({ name, polygon }) => ({ name, places: polygon })), ...lines.map(({ name, from, to }) => ({ name, places: [from, to] }))];
}
