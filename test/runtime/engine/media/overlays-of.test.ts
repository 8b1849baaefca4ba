import assert from 'node:assert/strict';

import type { AlgoPlan, AlgoResult } from '../../../../dist/runtime/base/index.js';
import { overlaysOf } from '../../../../dist/runtime/engine/media/overlays-of.js';

const DOOR = { name: 'door', polygon: [[0, 0], [1, 0], [1, 1]] };
const GATE = { name: 'gate', from: [0, 0.5], to: [1, 0.5] };
const ALGOS = [{ id: 'o', zones: [DOOR], lines: [GATE] }, { id: 'm', zones: [], lines: [] }] as unknown as AlgoPlan[];

function result(algoId: string, given: unknown): AlgoResult {
  return { algoId, algo: `called ${algoId}`, frame: { index: 1 }, stream: { epoch: 0 }, result: given } as unknown as AlgoResult;
}

describe('what is drawn of the newest results', () => {
  it('of an algo with zones and lines these too, of another only what it found', () => {
    assert.deepEqual(overlaysOf([result('o', []), result('m', [])], ALGOS), [
      { algo: 'called o', items: [], areas: [{ name: 'door', places: DOOR.polygon }, { name: 'gate', places: [GATE.from, GATE.to] }] },
      { algo: 'called m', items: [] },
    ]);
  });

  it('nothing of a result that cannot be drawn', () => {
    assert.deepEqual(overlaysOf([result('o', 5), result('m', undefined)], ALGOS), []);
  });
});
