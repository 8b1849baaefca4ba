import type { ModelFacts, TensorFact } from '../model-facts.js';
import { makePictureSpec, pictureInput, pictureSize } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { embedPicture } from '../tasks/embed.js';
import type { ModelFamily, Recognition } from './family.js';
import { IMAGENET, numbersOf, type PictureNumbers, SIGNED } from './picture-numbers.js';
import { isFloat, isVectorLength, unreadable } from './shapes.js';

const DEFAULT_SIZE = 224;
/** Mean and spread of CLIP's pixels, red, green, blue (openai/CLIP, clip.py, _transform). */
const CLIP: PictureNumbers = { scale: 1 / 255, mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711] };
/** Outputs that are vectors by their name. */
const VECTOR_NAMES = /embed|feat|descriptor|pooler/i;
const CLIP_OUTPUT = 'image_embeds';
/** Side in pixels of the faces that ArcFace and its relatives describe. */
const FACE_SIDE = 112;

/** Models that describe a picture by a vector: re-identification (OSNet), faces (ArcFace), CLIP. */
export const embed: ModelFamily<Float32Array> = {
  name: 'embed',
  task: embedPicture,
  reads: '[1, numbers] of one picture',
  knownLabels: [],
  recognise,
  inputSpec: (facts) => makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', defaultSize: DEFAULT_SIZE, ...numbersOf(facts, usualNumbers(facts)) }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const output = pictureInput(facts) && findVector(facts.outputs);
  if (!output || !isFloat(output)) return undefined;
  const length = output.shape[1] ?? 0;
  if (VECTOR_NAMES.test(output.name)) return { confidence: 0.9, why: `output ${output.name} of ${length} numbers a picture` };
  if (typeof length === 'string' || !isVectorLength(length) || 'names' in facts.metadata) return { confidence: 0.1, why: `${length} numbers a picture, which may be classes` };
  return judgeSize(length, pictureSize(facts, DEFAULT_SIZE));
}

type Size = { readonly width: number; readonly height: number };

function judgeSize(length: number, size: Size): Recognition {
  if (size.height === 2 * size.width) return { confidence: 0.8, why: `${length} numbers for a picture twice as high as wide, as of a person` };
  if (isFaceSize(size)) return { confidence: 0.8, why: `${length} numbers for a picture of ${FACE_SIDE} × ${FACE_SIDE}, as of a face` };
  return { confidence: 0.4, why: `${length} numbers a picture, which may be classes` };
}

function isFaceSize({ width, height }: Size): boolean {
  return width === FACE_SIDE && height === FACE_SIDE;
}

/** The only output of one row, or the one that its name tells among others. */
function findVector<T extends Pick<TensorFact, 'name' | 'shape'>>(outputs: readonly T[]): T | undefined {
  const rows = outputs.filter(({ shape }) => shape.length >= 2 && (shape[0] === 1 || typeof shape[0] === 'string') && shape.slice(2).every((side) => side === 1));
  return rows.find(({ name }) => name === CLIP_OUTPUT) ?? rows.find(({ name }) => VECTOR_NAMES.test(name)) ?? (outputs.length === 1 ? rows[0] : undefined);
}

function usualNumbers(facts: ModelFacts): PictureNumbers {
  if (findVector(facts.outputs)?.name === CLIP_OUTPUT) return CLIP;
  return isFaceSize(pictureSize(facts, DEFAULT_SIZE)) ? SIGNED : IMAGENET;
}

function decode(outputs: readonly OutputTensor[]): Float32Array {
  const output = findVector(outputs);
  if (!output || output.data.length === 0) throw unreadable(outputs, embed.reads);
  return output.data;
}
