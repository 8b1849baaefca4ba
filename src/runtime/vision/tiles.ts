import { type Box, boxArea } from './box.js';
import { bestFirst } from './nms.js';
import type { Region } from './region.js';

type Size = { readonly width: number; readonly height: number };

/** How a frame is cut into tiles; `overlap` in parts of a tile's side. */
export type Tiling = { readonly columns: number; readonly rows: number; readonly overlap: number };

/** Tiles of the same size, to whole pixels, that cover the frame: from left to right, then from top to bottom. */
export function tilesOf({ width, height }: Size, { columns, rows, overlap }: Tiling): Region[] {
  const across = spans(width, columns, overlap);
  return spans(height, rows, overlap).flatMap(([top, bottom]) => across.map(([left, right]) => ({ x: left, y: top, width: right - left, height: bottom - top })));
}

function spans(length: number, count: number, overlap: number): (readonly [from: number, to: number])[] {
  const side = length / (count - (count - 1) * overlap);
  return Array.from({ length: count }, (_, i) => {
    const from = i * side * (1 - overlap);
    return [Math.floor(from), Math.min(length, Math.ceil(from + side - 1e-6))];
  });
}

/** What was found in one tile, or in the whole frame; boxes in pixels of the frame. */
export type TileFinds<T> = { readonly tile: Region; readonly found: readonly T[] };

export type TileMerge<T> = {
  readonly frame: Size;
  readonly boxOf: (thing: T) => Box & { readonly score: number };
  /** Whether two of them may be the same thing, as far as their class goes. */
  readonly areRivals: (a: T, b: T) => boolean;
};

/** Intersection over the smaller box above which two boxes of different tiles are of one thing: SAHI's default. */
const SAME_IOS = 0.5;

/** A box this near to a border between tiles, in parts of the tile's side, is taken for cut there. */
const NEAR = 0.01;

/**
 * What was found in tiles, each thing once, best first. Boxes of one tile have been thinned already and are no rivals. Those of different
 * tiles are compared by intersection over the smaller one, since a tile's border cuts things, as slicing aided hyper inference does
 * (Akyon et al. 2022, SAHI); boxes that a border cuts give way to whole ones, even to those of less score.
 */
export function mergeTiles<T>(tiles: readonly TileFinds<T>[], { frame, boxOf, areRivals }: TileMerge<T>): T[] {
  const finds = tiles.flatMap(({ tile, found }) => found.map((thing) => {
    const box = boxOf(thing);
    return { thing, tile, box, score: box.score, isCut: isCut(box, tile, frame) };
  }));
  const ordered = [...bestFirst(finds.filter((find) => !find.isCut)), ...bestFirst(finds.filter((find) => find.isCut))];
  const kept: (typeof finds)[number][] = [];
  for (const find of ordered) {
    const isKnown = kept.some((other) => other.tile !== find.tile && areRivals(other.thing, find.thing) && overSmaller(other.box, find.box) > SAME_IOS);
    if (!isKnown) kept.push(find);
  }
  return bestFirst(kept).map(({ thing }) => thing);
}

function isCut(box: Box, tile: Region, frame: Size): boolean {
  const [nearX, nearY] = [NEAR * tile.width, NEAR * tile.height];
  const [right, bottom] = [tile.x + tile.width, tile.y + tile.height];
  return (tile.x > 0 && box.x1 < tile.x + nearX) || (tile.y > 0 && box.y1 < tile.y + nearY)
    || (right < frame.width && box.x2 > right - nearX) || (bottom < frame.height && box.y2 > bottom - nearY);
}

function overSmaller(a: Box, b: Box): number {
  const shared = boxArea({ x1: Math.max(a.x1, b.x1), y1: Math.max(a.y1, b.y1), x2: Math.min(a.x2, b.x2), y2: Math.min(a.y2, b.y2) });
  return shared === 0 ? 0 : shared / Math.min(boxArea(a), boxArea(b));
}
