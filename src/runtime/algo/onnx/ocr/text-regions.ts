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
/** Shorter sides in cells, before and after growing, are specks. */
const MIN_SIDE = 3;
const MIN_GROWN_SIDE = MIN_SIDE + 2;
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
    const grown = grow(rect);
    if (score >= BOX_THRESHOLD && Math.min(grown.width, grown.height) >= MIN_GROWN_SIDE) regions.push({ ...normaliseAngle(grown), score });
  }
  return regions.map((region) => ({ ...region, cx: region.cx + 0.5, cy: region.cy + 0.5 }));
}

/** The rectangle's offset polygon (Vatti clipping in PaddleOCR) has round corners; around it lies this. */
function grow(rect: RotatedBox): RotatedBox {
  const distance = (rect.width * rect.height * UNCLIP_RATIO) / (2 * (rect.width + rect.height));
  return { ...rect, width: rect.width + 2 * distance, height: rect.height + 2 * distance };
}

/** Cells that hang together, corners included: the outermost ones of each row, sorted by y, then x, and the mean of all. */
type Part = { readonly outermost: readonly Point[]; readonly score: number };

function* connectedParts({ data, columns, rows }: ProbabilityMap): Generator<Part> {
  const isText = Uint8Array.from(data, (probability) => Number(probability > BINARY_THRESHOLD));
  const waiting = new Int32Array(isText.length);
  const [first, last] = [new Int32Array(rows).fill(columns), new Int32Array(rows).fill(-1)];
  for (let start = 0; start < isText.length; start++) {
    if (isText[start] === 0) continue;
    const top = Math.floor(start / columns);
    let [bottom, count, sum, cells] = [top, 1, 0, 0];
    waiting[0] = start;
    isText[start] = 0;
    while (count > 0) {
      const at = waiting[--count] as number;
      sum += data[at] as number;
      cells++;
      const y = Math.floor(at / columns);
      const x = at - y * columns;
      first[y] = Math.min(first[y] as number, x);
      last[y] = Math.max(last[y] as number, x);
      bottom = Math.max(bottom, y);
      for (let row = Math.max(0, y - 1); row <= Math.min(rows - 1, y + 1); row++) {
        for (let column = Math.max(0, x - 1); column <= Math.min(columns - 1, x + 1); column++) {
          const next = row * columns + column;
          if (isText[next] === 0) continue;
          isText[next] = 0;
          waiting[count++] = next;
        }
      }
    }
    yield { outermost: outermostOf({ first, last, top, bottom }), score: sum / cells };
    first.fill(columns, top, bottom + 1);
    last.fill(-1, top, bottom + 1);
  }
}

type Extent = { readonly first: Int32Array; readonly last: Int32Array; readonly top: number; readonly bottom: number };

function outermostOf({ first, last, top, bottom }: Extent): Point[] {
  const points: Point[] = [];
  for (let y = top; y <= bottom; y++) {
    const [left, right] = [first[y] as number, last[y] as number];
    points.push({ x: left, y });
    if (right > left) points.push({ x: right, y });
  }
  return points;
}
