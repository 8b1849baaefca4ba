import { type OnnxOptions } from '../../dist/runtime/base/index.js';
import { onnxOptionsSchema } from '../../dist/runtime/base/plan.js';
import type { Classification, Detection } from '../../dist/runtime/base/index.js';
import { type OnnxAlgo, openOnnxAlgo } from '../../dist/runtime/algo/onnx/index.js';
import { placeLetterbox, type TensorSpec } from '../../dist/runtime/vision/index.js';
import { dataPath } from './data.js';
import { decodeImage, type RgbPicture, tensorData } from './pixels.js';

/** Opens a model of the test data (or of an absolute path) with these options. */
export async function openModel(model: string, options: Partial<OnnxOptions> = {}): Promise<OnnxAlgo> {
  const path = model.startsWith('/') ? model : dataPath(`models/${model}`);
  return await openOnnxAlgo({ model: path, options: onnxOptionsSchema.parse(options) });
}

/** The tensor spec an algo asks for. */
export function specOf(algo: OnnxAlgo): TensorSpec {
  if (algo.needs.kind !== 'tensor') throw new Error('expected a tensor need');
  return algo.needs.spec;
}

/** One run of a detector on a picture. */
export async function detectIn(algo: OnnxAlgo, picture: RgbPicture): Promise<Detection[]> {
  return (await runOn(algo, picture)) as Detection[];
}

/** One run of a classifier on a picture. */
export async function classifyIn(algo: OnnxAlgo, picture: RgbPicture): Promise<Classification[]> {
  return (await runOn(algo, picture)) as Classification[];
}

/** One run of any model on a picture. */
export async function runOn(algo: OnnxAlgo, picture: RgbPicture): Promise<unknown> {
  const spec = specOf(algo);
  const letterbox = placeLetterbox(spec, picture);
  const info = { index: 1, sourceIndex: 0, ptsUs: 0, width: picture.width, height: picture.height };
  return await algo.run([{ kind: 'tensor', info, letterbox, data: tensorData(picture, spec, letterbox) }], AbortSignal.timeout(60_000));
}

const pictures = new Map<string, RgbPicture>();

/** A picture of the test data, decoded once. */
export function picture(file: string): RgbPicture {
  const known = pictures.get(file) ?? decodeImage(dataPath(file));
  pictures.set(file, known);
  return known;
}
