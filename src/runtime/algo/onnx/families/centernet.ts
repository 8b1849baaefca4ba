import type { Box, ScoredBox, TensorSpec } from '../../../vision/index.js';
import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { detect } from '../tasks/detect.js';
import type { DecodeContext, DetectorFamily, Recognition } from './family.js';
import { isFloat, unreadable, valueAt } from './shapes.js';

const DEFAULT_SIZE = 512;
/** Values of a cell in the output of sides: pixels of the input from the centre to the left, top, right, bottom. */
const SIDE_VALUES = 4;

type Shaped = { readonly name: string; readonly shape: readonly (number | string)[] };

/** CenterNet with heat maps by class, as the MobileNetV3 one of the "human" package: NHWC, sides in pixels of the input. */
export const centernet: DetectorFamily = {
  name: 'centernet',
  task: detect,
  reads: 'two outputs of one grid: sides [1, H, W, 4] and heat maps [1, H, W, classes]',
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', scale: 1, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const maps = findMaps(facts.outputs);
  const input = pictureInput(facts);
  if (!input || !maps || !facts.outputs.every(isFloat)) return undefined;
  const [, rows, , classes] = maps.heat.shape;
  const stride = typeof rows === 'number' && input.height !== undefined ? input.height / rows : undefined;
  return {
    confidence: stride === 4 ? 0.9 : 0.4,
    why: `sides and heat maps of one grid, stride ${stride ?? 'free'}`,
    ...(typeof classes === 'number' ? { classes } : {}),
  };
}

/** The two outputs, told apart by their last side (by name where both have 4). */
function findMaps<T extends Shaped>(outputs: readonly T[]): { readonly sides: T; readonly heat: T } | undefined {
  const [first, second, ...others] = outputs;
  if (!first || !second || others.length > 0 || first.shape.length !== 4 || second.shape.length !== 4) return undefined;
  if (first.shape.slice(0, 3).join() !== second.shape.slice(0, 3).join()) return undefined;
  const isSides = (output: T): boolean => output.shape[3] === SIDE_VALUES;
  const secondIsSides = isSides(second) && (!isSides(first) || /wh|size|box/i.test(second.name));
  if (secondIsSides) return { sides: second, heat: first };
  return isSides(first) ? { sides: first, heat: second } : undefined;
}

/** A thing is where a class's heat is the highest of its 3 × 3 cells (Objects as Points, section 3). */
function decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[] {
  const maps = findMaps(outputs);
  const [, rows = 0, columns = 0, classes = 0] = maps?.heat.shape ?? [];
  if (!maps || rows === 0 || columns === 0) throw unreadable(outputs, centernet.reads);
  const heat: HeatMap = { data: maps.heat.data, rows, columns, classes };
  const { data } = heat;
  const found: ScoredBox[] = [];
  for (let at = 0; at < data.length; at++) {
    const score = valueAt(data, at);
    if (score >= context.scoreThreshold && isPeak(heat, at)) found.push({ ...peakBox(maps.sides.data, heat, { at, spec: context.spec }), score, classId: at % classes });
  }
  return found;
}

/** The box around a peak: apart from the loop over all cells, which is to make nothing for the many that are none. */
function peakBox(sides: Float32Array, heat: HeatMap, peak: { readonly at: number; readonly spec: TensorSpec }): Box {
  const place = Math.floor(peak.at / heat.classes);
  const x = (place % heat.columns) * (peak.spec.width / heat.columns);
  const y = Math.floor(place / heat.columns) * (peak.spec.height / heat.rows);
  const side = (index: number): number => valueAt(sides, place * SIDE_VALUES + index);
  return { x1: x - side(0), y1: y - side(1), x2: x + side(2), y2: y + side(3) };
}

type HeatMap = { readonly data: Float32Array; readonly rows: number; readonly columns: number; readonly classes: number };

/** Whether no neighbour has more heat of the same class; of equal ones the first in reading order is the peak. */
function isPeak(heat: HeatMap, at: number): boolean {
  const { data, rows, columns, classes } = heat;
  const score = valueAt(data, at);
  const place = Math.floor(at / classes);
  const row = Math.floor(place / columns);
  const column = place % columns;
  for (let y = Math.max(0, row - 1); y <= Math.min(rows - 1, row + 1); y++) {
    for (let x = Math.max(0, column - 1); x <= Math.min(columns - 1, column + 1); x++) {
      const other = (y * columns + x) * classes + (at % classes);
      const heatThere = valueAt(data, other);
      if (heatThere > score || (heatThere === score && other < at)) return false;
    }
  }
  return true;
}
