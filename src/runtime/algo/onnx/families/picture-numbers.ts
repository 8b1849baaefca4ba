import type { ModelFacts } from '../model-facts.js';
import { pictureInput, type PictureWish } from '../picture-input.js';

/** How pixels 0…255 become the numbers of a model. */
export type PictureNumbers = Pick<PictureWish, 'scale' | 'mean' | 'std'>;

/** Pixels as 0…1. */
const UNIT: PictureNumbers = { scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] };
/** Pixels as −1…1: what MobileNet and its relatives in Keras want, Teachable Machine's among them. */
export const SIGNED: PictureNumbers = { scale: 1 / 127.5, mean: [1, 1, 1], std: [1, 1, 1] };
/** Mean and spread of ImageNet's pixels, red, green, blue: what torchvision's and timm's classifiers want. */
export const IMAGENET: PictureNumbers = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** What the metadata says, else what is usual for models of the whole picture. */
export function numbersOf(facts: ModelFacts, usual: PictureNumbers = usualNumbers(facts)): PictureNumbers {
  const [scale] = numbersIn(facts.metadata['input_scale'], 1) ?? [];
  return {
    scale: scale ?? usual.scale,
    mean: numbersIn(facts.metadata['input_mean'], 3) ?? usual.mean,
    std: numbersIn(facts.metadata['input_std'], 3)?.map((value) => value || 1) ?? usual.std,
  };
}

function usualNumbers(facts: ModelFacts): PictureNumbers {
  const input = pictureInput(facts);
  // Ultralytics' classifiers have neither mean nor spread (ultralytics/data/augment.py, classify_transforms).
  if (input?.channels === 1 || /ultralytics/i.test(facts.metadata['author'] ?? '')) return UNIT;
  return input?.layout === 'NHWC' ? SIGNED : IMAGENET;
}

/** `0.5` or `0.485, 0.456, 0.406` (brackets or none): one number stands for all channels. */
function numbersIn(text: string | undefined, count: number): readonly number[] | undefined {
  if (text === undefined || text.length > 200) return undefined;
  const numbers = text.replace(/[[\]()]/g, '').split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (!numbers.every(Number.isFinite)) return undefined;
  if (numbers.length === count) return numbers;
  return numbers.length === 1 ? Array.from({ length: count }, () => numbers[0] ?? 0) : undefined;
}
