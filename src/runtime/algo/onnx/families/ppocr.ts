import { cornersOf, type RotatedBox } from '../../../vision/index.js';
import type { ModelFacts, TensorFact } from '../model-facts.js';
import { findTextRegions, type TextRegion } from '../ocr/text-regions.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { type FoundText, text } from '../tasks/text.js';
import type { DecodeContext, ModelFamily, Recognition } from './family.js';
import { onlyOutput, unreadable } from './shapes.js';

/** Longest side of a picture in pixels where the model leaves it free: PaddleOCR's `det_limit_side_len`. */
export const TEXT_SIDE = 960;
/** Text this much higher than wide is written from top to bottom, as in PaddleOCR's `get_rotate_crop_image`. */
const UPRIGHT_ASPECT = 1.5;

/** PP-OCR's text detectors, and others with DB's head: where text is. Another model reads it (`ocr/ocr-algo.ts`). */
export const ppocr: ModelFamily<readonly FoundText[]> = {
  name: 'ppocr',
  task: text,
  reads: '[1, 1, H, W], how likely each pixel is text',
  needsNms: 'no',
  knownLabels: [{ from: 'text', names: ['text'] }],
  recognise,
  // PaddleOCR reads pictures as BGR and takes ImageNet's numbers for them in the order of RGB
  inputSpec: (facts) => makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'bgr', scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225], defaultSize: TEXT_SIDE }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  const output = onlyOutput(facts);
  const input = pictureInput(facts);
  if (!output || input?.layout !== 'NCHW' || input.channels !== 3 || input.dtype !== 'float32' || !isMap(output, input)) return undefined;
  // depth and saliency models have such an output, too: Paddle's names tell
  const isPaddle = input.name === 'x' && /^(sigmoid|save_infer_model|fetch_name)/.test(output.name);
  return isPaddle
    ? { confidence: 0.9, why: `one map of the picture's size with Paddle's names, ${input.name} and ${output.name}`, classes: 1 }
    : { confidence: 0.3, why: 'one map of the picture: text, or depth, or something else', classes: 1 };
}

function isMap({ shape: [batch, channels, rows, columns, ...more] }: TensorFact, input: { readonly width?: number; readonly height?: number }): boolean {
  if (channels !== 1 || rows === undefined || columns === undefined || more.length > 0) return false;
  const isSame = (side: number | string, wanted: number | undefined): boolean => typeof side === 'string' || side === wanted;
  return (typeof batch === 'string' || batch === 1) && isSame(rows, input.height) && isSame(columns, input.width);
}

function decode(outputs: readonly OutputTensor[], { spec }: DecodeContext): FoundText[] {
  const [output] = outputs;
  const [batch, channels, rows = 0, columns = 0] = output?.shape ?? [];
  if (!output || batch !== 1 || channels !== 1 || !(rows > 0 && columns > 0)) throw unreadable(outputs, ppocr.reads);
  const [scaleX, scaleY] = [spec.width / columns, spec.height / rows];
  return findTextRegions({ data: output.data, columns, rows }).map((region) => {
    const [a, b, c, d] = cornersOf(readable(region)).map(({ x, y }) => ({ x: x * scaleX, y: y * scaleY })) as unknown as FoundText['corners'];
    return { corners: isUpright(region) ? [b, c, d, a] : [a, b, c, d], score: region.score };
  });
}

/** The same rectangle with its first side within 45° of the horizontal. */
function readable(region: TextRegion): RotatedBox {
  if (region.angle <= Math.PI / 4) return region;
  return { ...region, width: region.height, height: region.width, angle: region.angle - Math.PI / 2 };
}

function isUpright(region: TextRegion): boolean {
  const { width, height } = readable(region);
  return height >= UPRIGHT_ASPECT * width;
}
