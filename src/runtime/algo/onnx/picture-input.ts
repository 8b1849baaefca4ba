import type { TensorSpec } from '../../vision/index.js';
import { parseSize } from './metadata-text.js';
import type { ModelFacts } from './model-facts.js';

/** The input that takes the picture. */
export type PictureInput = {
  readonly name: string;
  readonly layout: TensorSpec['layout'];
  readonly dtype: TensorSpec['dtype'];
  readonly channels: 1 | 3;
  /** Pixels; absent where the model leaves the choice. */
  readonly width?: number;
  readonly height?: number;
};

/** How a family wants its pictures; size, layout and dtype come from the model. */
export type PictureWish = Pick<TensorSpec, 'fit' | 'pad' | 'scale' | 'mean' | 'std'> & {
  readonly channels: 'rgb' | 'bgr';
  /** Side in pixels where neither the model nor its metadata says one. */
  readonly defaultSize: number;
};

/** Free sides are made a multiple of this: the coarsest grid of the detectors that are known. */
const SIZE_STEP = 32;
const MAX_SIDE = 4096;

/** The model's only input where that is one picture, 1 × 3 × H × W or 1 × H × W × 3 (or gray); undefined otherwise. */
export function pictureInput(facts: ModelFacts): PictureInput | undefined {
  const [input, ...others] = facts.inputs;
  if (!input || others.length > 0 || input.shape.length !== 4 || !isPictureDtype(input.dtype)) return undefined;
  const [batch, second, third, last] = input.shape;
  if (typeof batch === 'number' && batch !== 1) return undefined;
  if (second === 1 || second === 3) return { name: input.name, layout: 'NCHW', dtype: input.dtype, channels: second, ...sides(last, third) };
  if (last === 1 || last === 3) return { name: input.name, layout: 'NHWC', dtype: input.dtype, channels: last, ...sides(third, second) };
  return undefined;
}

/** Size of the picture in pixels: what the model fixes, else its metadata's `imgsz`, else `defaultSize`. */
export function pictureSize(facts: ModelFacts, defaultSize: number): { readonly width: number; readonly height: number } {
  const input = pictureInput(facts);
  const stated = parseSize(facts.metadata['imgsz'] ?? '');
  return {
    width: input?.width ?? roundSide(stated?.width ?? defaultSize),
    height: input?.height ?? roundSide(stated?.height ?? defaultSize),
  };
}

/** The tensor spec for the model's picture input, which must be there. */
export function makePictureSpec(facts: ModelFacts, wish: PictureWish): TensorSpec {
  const input = pictureInput(facts);
  if (!input) throw new TypeError('no picture input');
  const { defaultSize, channels, mean, std, ...fixed } = wish;
  return {
    ...fixed,
    ...pictureSize(facts, defaultSize),
    layout: input.layout,
    dtype: input.dtype,
    channels: input.channels === 1 ? 'gray' : channels,
    mean: mean.slice(0, input.channels),
    std: std.slice(0, input.channels),
  };
}

function isPictureDtype(dtype: string): dtype is TensorSpec['dtype'] {
  return dtype === 'float32' || dtype === 'float16' || dtype === 'uint8';
}

function sides(width: number | string | undefined, height: number | string | undefined): Pick<PictureInput, 'width' | 'height'> {
  return { ...(typeof width === 'number' ? { width } : {}), ...(typeof height === 'number' ? { height } : {}) };
}

function roundSide(side: number): number {
  return Math.min(MAX_SIDE, Math.max(SIZE_STEP, Math.round(side / SIZE_STEP) * SIZE_STEP));
}
