import assert from 'node:assert/strict';

import { mergeTiles, type Region, tilesOf } from '../../../dist/runtime/vision/index.js';

describe('vision/tiles', () => {
  it('tiles overlap, and end with the frame', () => {
    assert.deepEqual(tilesOf({ width: 180, height: 100 }, { columns: 2, rows: 1, overlap: 0.2 }), [{ x: 0, y: 0, width: 100, height: 100 }, { x: 80, y: 0, width: 100, height: 100 }]);
    assert.deepEqual(tilesOf({ width: 10, height: 10 }, { columns: 1, rows: 1, overlap: 0.5 }), [{ x: 0, y: 0, width: 10, height: 10 }]);
  });

  for (const size of [{ width: 768, height: 576 }, { width: 1919, height: 1079 }, { width: 9, height: 5 }]) {
    for (const tiling of [{ columns: 2, rows: 2, overlap: 0.2 }, { columns: 8, rows: 8, overlap: 0.5 }, { columns: 3, rows: 1, overlap: 0 }, { columns: 1, rows: 7, overlap: 0.33 }]) {
      it(`${tiling.columns} × ${tiling.rows} cover ${size.width} × ${size.height}, in whole pixels`, () => {
        const tiles = tilesOf(size, tiling);
        assert.equal(tiles.length, tiling.columns * tiling.rows);
        const covered = new Set(tiles.flatMap(({ x, y, width, height }) => [`${x + width === size.width}`, `${y + height === size.height}`]));
        assert.ok(covered.has('true'));
        for (const { x, y, width, height } of tiles) {
          assert.ok([x, y, width, height].every(Number.isInteger) && x >= 0 && y >= 0 && width > 0 && height > 0 && x + width <= size.width && y + height <= size.height);
        }
        for (const [i, tile] of tiles.entries()) {
          const next = tiles[i + 1];
          if (next?.y === tile.y) assert.ok(next.x <= tile.x + tile.width, 'no gap');
        }
      });
    }
  }

  const FRAME = { width: 180, height: 100 };
  const [LEFT, RIGHT] = tilesOf(FRAME, { columns: 2, rows: 1, overlap: 0.2 }) as [Region, Region];
  const WHOLE = { x: 0, y: 0, ...FRAME };
  type Thing = { readonly name: string; readonly box: readonly [number, number, number, number]; readonly score: number; readonly classId?: number };
  const merge = (...tiles: { tile: Region; found: Thing[] }[]): string[] => mergeTiles(tiles, {
    frame: FRAME, boxOf: ({ box: [x1, y1, x2, y2], score }) => ({ x1, y1, x2, y2, score }), areRivals: (a, b) => a.classId === b.classId,
  }).map(({ name }) => name);

  it('a thing in two tiles is told once, the better one', () => {
    const [a, b]: [Thing, Thing] = [{ name: 'a', box: [82, 10, 97, 40], score: 0.6 }, { name: 'b', box: [83, 10, 98, 40], score: 0.8 }];
    assert.deepEqual(merge({ tile: LEFT, found: [a] }, { tile: RIGHT, found: [b] }), ['b']);
  });

  it('a thing that a border cuts gives way to the whole one, even of less score', () => {
    const cut: Thing = { name: 'cut', box: [85, 10, 100, 90], score: 0.9 };
    const all: Thing = { name: 'all', box: [85, 10, 130, 90], score: 0.5 };
    assert.deepEqual(merge({ tile: LEFT, found: [cut] }, { tile: RIGHT, found: [all] }), ['all']);
    assert.deepEqual(merge({ tile: LEFT, found: [cut] }, { tile: WHOLE, found: [all] }), ['all']);
    assert.deepEqual(merge({ tile: LEFT, found: [cut] }, { tile: RIGHT, found: [] }), ['cut'], 'it stays where it is the only one');
  });

  it('a box at the border of the frame is not cut', () => {
    const edge: Thing = { name: 'edge', box: [0, 0, 50, 100], score: 0.9 };
    const other: Thing = { name: 'other', box: [2, 2, 50, 98], score: 0.5 };
    assert.deepEqual(merge({ tile: LEFT, found: [edge] }, { tile: WHOLE, found: [other] }), ['edge']);
  });

  it('boxes of one tile are no rivals, nor are other classes; the best comes first', () => {
    const one: Thing = { name: 'one', box: [10, 10, 30, 40], score: 0.5 };
    const two: Thing = { name: 'two', box: [10, 10, 30, 38], score: 0.6 };
    assert.deepEqual(merge({ tile: LEFT, found: [one, two] }), ['two', 'one']);
    assert.deepEqual(merge({ tile: LEFT, found: [one] }, { tile: WHOLE, found: [{ ...two, classId: 1 }] }), ['two', 'one']);
  });

  it('nothing is merged into nothing; empty boxes overlap nothing', () => {
    assert.deepEqual(merge(), []);
    const empty: Thing = { name: 'empty', box: [10, 10, 10, 10], score: 0.5 };
    assert.deepEqual(merge({ tile: LEFT, found: [empty] }, { tile: WHOLE, found: [empty] }), ['empty', 'empty']);
  });
});
