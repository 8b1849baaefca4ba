import { convexHull, minAreaRect, normaliseAngle, type Point, type RotatedBox } from '../../../vision/index.js';

/** How likely each cell of a grid is text, 0…1, row by row. */
export type ProbabilityMap = { readonly data: Float32Array; readonly columns: number; readonly rows: number };

/** A rectangle around text, in cells of the map (the first one's centre is at 0.5), and the mean probability of the text in it. */
export type TextRegion = RotatedBox & { readonly score: number };

/*
 * What follows is the post-processing of DB (Liao and others, "Real-time Scene Text Detection with Differentiable Binarization",
 * 2020) with the numbers of PaddleOCR's ppocr/postprocess/db_postprocess.py for PP-OCR, scores as its `box_score_slow`.
 */

/** A cell is text above this. */
const BINARY_THRESHOLD = 0.3;
/** Regions of a lower mean are no text. */
const BOX_THRESHOLD = 0.6;
/** Models are taught text's shrunken core: a region grows by area × this ÷ perimeter on each side. */
const UNCLIP_RATIO = 1.5;
/** What has a shorter side in cells, before it grows, is a speck. */
const MIN_SIDE = 3;
/** Parts of a map that are looked at, from the top on. */
const MAX_CANDIDATES = 1000;

/** Rectangles around the text of a map; whatever is no number is no text. */
export function findTextRegions(map: ProbabilityMap): TextRegion[] {
  const regions: TextRegion[] = [];
  let candidates = 0;
  for (const { outermost, score } of connectedParts(map)) {
    const rect = minAreaRect(convexHull(outermost));
    if (!rect || Math.min(rect.width, rect.height) < MIN_SIDE) continue;
    if (++candidates > MAX_CANDIDATES) break;
    if (score >= BOX_THRESHOLD) regions.push({ ...normaliseAngle(grow(rect)), cx: rect.cx + 0.5, cy: rect.cy + 0.5, score });
  }
  return regions;
}

/** The rectangle's offset polygon (Vatti clipping in PaddleOCR) has round corners; around it lies this. */
function grow(rect: RotatedBox): RotatedBox {
  const distance = (rect.width * rect.height * UNCLIP_RATIO) / (2 * (rect.width + rect.height));
  return { ...rect, width: rect.width + 2 * distance, height: rect.height + 2 * distance };
}

/** Cells that hang together, corners included: the outermost ones of each row, sorted by y, then x, and the mean of all. */
type Part = { readonly outermost: readonly Point[]; readonly score: number };

function* connectedParts({ data, columns, rows }: ProbabilityMap): Generator<Part> {
  const grid: Grid = {
    data, columns, rows,
    isText: Uint8Array.from(data, (probability) => Number(probability > BINARY_THRESHOLD)),
    waiting: new Int32Array(data.length),
    first: new Int32Array(rows).fill(columns),
    last: new Int32Array(rows).fill(-1),
  };
  for (let start = 0; start < data.length; start++) if (grid.isText[start] === 1) yield takePart(grid, start);
}

/** `isText` is cleared where a part was taken; of the part at work `first` and `last` are the columns of its rows. */
type Grid = ProbabilityMap & { readonly isText: Uint8Array; readonly waiting: Int32Array; readonly first: Int32Array; readonly last: Int32Array };

/** The part whose uppermost row has its first cell at `start`. */
function takePart(grid: Grid, start: number): Part {
  const { data, columns, isText, waiting, first, last } = grid;
  const top = Math.floor(start / columns);
  let [bottom, sum, cells] = [top, 0, 0];
  waiting[0] = start;
  isText[start] = 0;
  for (let count = 1; count > 0; ) {
    const at = waiting[--count] as number;
    const y = Math.floor(at / columns);
    const x = at - y * columns;
    sum += data[at] as number;
    cells++;
    first[y] = Math.min(first[y] as number, x);
    last[y] = Math.max(last[y] as number, x);
    bottom = Math.max(bottom, y);
    count = pushNeighbours(grid, { x, y, count });
  }
  const outermost: Point[] = [];
  for (let y = top; y <= bottom; y++) {
    const [left, right] = [first[y] as number, last[y] as number];
    outermost.push({ x: left, y });
    if (right > left) outermost.push({ x: right, y });
  }
  first.fill(columns, top, bottom + 1);
  last.fill(-1, top, bottom + 1);
  return { outermost, score: sum / cells };
}

/** @returns How many cells then wait. */
function pushNeighbours({ columns, rows, isText, waiting }: Grid, { x, y, count }: { readonly x: number; readonly y: number; readonly count: number }): number {
  let more = count;
  for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
    for (let at = row * columns + Math.max(0, x - 1); at <= row * columns + Math.min(columns - 1, x + 1); at++) {
      if (isText[at] === 0) continue;
      isText[at] = 0;
      waiting[more++] = at;
    }
  }
  return more;
}
