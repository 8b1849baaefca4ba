import { CITYSCAPES_LABELS, VOC_LABELS } from '../known-labels.js';
import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { type ClassMap, segmentPicture } from '../tasks/segment-picture.js';
import type { ModelFamily, Recognition } from './family.js';
import { numbersOf } from './picture-numbers.js';
import { isFloat, unreadable } from './shapes.js';

const DEFAULT_SIZE = 512;
/** Numbers of classes of the data sets that such models are trained on: Cityscapes, VOC, ADE20K, COCO-Stuff. */
const USUAL_CLASSES: readonly (number | string)[] = [19, 21, 150, 171];
/** A map this much coarser than the picture, at most, is one of pixels and not of anchors. */
const COARSEST = 8;

/** Semantic segmentation, as DeepLab: logits of all classes for each cell of a grid, or the best class already (argmax in the graph). */
export const semantic: ModelFamily<ClassMap> = {
  name: 'semantic',
  task: segmentPicture,
  reads: '[1, H, W, classes] or [1, classes, H, W] of logits; [1, H, W] (or with a side of 1) of class numbers as integers',
  knownLabels: [
    { from: 'voc', names: VOC_LABELS },
    { from: 'cityscapes', names: CITYSCAPES_LABELS },
  ],
  recognise,
  inputSpec: (facts) => makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', defaultSize: DEFAULT_SIZE, ...numbersOf(facts) }),
  decode: (outputs, { facts }) => readMap(outputs, facts),
};

type Side = number | string;
/** Where a map's sides are; `classes` 1: class numbers. */
type Layout = { readonly rows: Side; readonly columns: Side; readonly classes: Side; readonly order: 'classes-first' | 'classes-last' };

function recognise(facts: ModelFacts): Recognition | undefined {
  const [output, ...others] = facts.outputs;
  const input = pictureInput(facts);
  const layout = output && others.length === 0 ? layoutOf(output.shape, input?.layout) : undefined;
  if (!output || !input || !layout) return undefined;
  if (layout.classes === 1 ? !/^u?int\d+$/.test(output.dtype) : !isFloat(output)) return undefined;
  return { ...judge(layout, pixelsPerCell(layout, pictureSize(facts, DEFAULT_SIZE))), ...(typeof layout.classes === 'number' && layout.classes > 1 ? { classes: layout.classes } : {}) };
}

/** 1 where the map's size is free. */
function pixelsPerCell({ rows, columns }: Layout, size: { readonly width: number; readonly height: number }): number {
  return typeof rows === 'number' && typeof columns === 'number' ? Math.max(size.width / columns, size.height / rows) : 1;
}

function judge({ classes }: Layout, factor: number): Recognition {
  const scale = factor === 1 ? 'every pixel' : `every ${Math.round(factor * 10) / 10} pixels`;
  if (classes === 1) return { confidence: factor <= COARSEST ? 0.8 : 0.3, why: `class numbers for ${scale}` };
  const why = `${classes} classes for ${scale}`;
  if (factor > COARSEST || typeof classes === 'string') return { confidence: 0.2, why };
  if (USUAL_CLASSES.includes(classes)) return { confidence: 0.85, why };
  return { confidence: factor === 1 ? 0.7 : 0.4, why };
}

/** Classes lie where the picture's channels do, where the shape alone does not tell. */
function layoutOf(shape: readonly Side[], input: 'NCHW' | 'NHWC' | undefined): Layout | undefined {
  const [batch, second, third, last] = shape;
  if ((typeof batch === 'number' && batch !== 1) || second === undefined || third === undefined) return undefined;
  if (shape.length === 3) return { rows: second, columns: third, classes: 1, order: 'classes-first' };
  if (shape.length !== 4 || last === undefined) return undefined;
  return last === 1 || (input === 'NHWC' && second !== 1)
    ? { rows: second, columns: third, classes: last, order: 'classes-last' }
    : { rows: third, columns: last, classes: second, order: 'classes-first' };
}

function readMap(outputs: readonly OutputTensor[], facts: ModelFacts): ClassMap {
  const [output] = outputs;
  const layout = output && layoutOf(output.shape, pictureInput(facts)?.layout);
  const [rows, columns, classes] = [Number(layout?.rows), Number(layout?.columns), Number(layout?.classes)];
  if (!output || !layout || !(rows * columns * classes > 0)) throw unreadable(outputs, semantic.reads);
  if (classes === 1) return numberedMap(output.data, { rows, columns });
  const cells = rows * columns;
  const [cellStep, classStep] = layout.order === 'classes-last' ? [classes, 1] : [1, cells];
  return logitMap(output.data, { rows, columns, classes, cellStep, classStep });
}

/** Without logits a border is halfway between two cells. */
function numberedMap(data: Float32Array, size: { readonly rows: number; readonly columns: number }): ClassMap {
  const classIds = Int32Array.from(data);
  return { ...size, classIds, lead: (classId) => new Float32Array(classIds.length).map((_, cell) => (classIds[cell] === classId ? 1 : -1)) };
}

type Logits = { readonly rows: number; readonly columns: number; readonly classes: number; readonly cellStep: number; readonly classStep: number };

function logitMap(data: Float32Array, { rows, columns, classes, cellStep, classStep }: Logits): ClassMap {
  const classIds = new Int32Array(rows * columns).fill(-1);
  const best = new Float32Array(classIds.length);
  const second = new Float32Array(classIds.length);
  for (let cell = 0; cell < classIds.length; cell++) {
    let first = -Infinity;
    let next = -Infinity;
    let found = -1;
    for (let classId = 0, at = cell * cellStep; classId < classes; classId++, at += classStep) {
      const logit = data[at] as number;
      if (logit > first) {
        next = first;
        first = logit;
        found = classId;
      } else if (logit > next) next = logit;
    }
    classIds[cell] = found;
    best[cell] = first;
    second[cell] = next;
  }
  const lead = (classId: number): Float32Array => {
    const leads = new Float32Array(classIds.length);
    for (let cell = 0; cell < leads.length; cell++) {
      const first = best[cell] as number;
      if (classIds[cell] === classId) leads[cell] = atLeastABit(first - (second[cell] as number));
      else leads[cell] = -atLeastABit(first - (data[cell * cellStep + classId * classStep] as number));
    }
    return leads;
  };
  return { rows, columns, classIds, lead };
}

/** A lead of nothing is one all the same for the first of equals; one over what is no number, too. */
function atLeastABit(lead: number): number {
  return Number.isFinite(lead) ? Math.max(lead, 1e-6) : 1;
}
