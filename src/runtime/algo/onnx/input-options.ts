import { type ModelInputOptions, StreamInferError } from '../../base/index.js';
import type { TensorSpec } from '../../vision/index.js';
import type { ModelFacts, TensorFact } from './model-facts.js';

/** What is left out is `auto`. */
export type InputWishes = Partial<ModelInputOptions>;

/** Where sides are in a shape. */
const PLACES = { NCHW: { channels: 1, height: 2, width: 3 }, NHWC: { channels: 3, height: 1, width: 2 } } as const;

/** What a range is, as numbers of a tensor spec. */
const RANGES = {
  '0-255': { scale: 1, shift: 0 },
  '0-1': { scale: 1 / 255, shift: 0 },
  '-1-1': { scale: 1 / 127.5, shift: 1 },
} as const;

/**
 * The facts as if the model itself had fixed what the user fixes: layout and size of its picture. Throws `OPTION_INVALID` where
 * the model fixes something else.
 */
export function settleInput(facts: ModelFacts, { layout = 'auto', width, height }: InputWishes): ModelFacts {
  if (layout === 'auto' && width === undefined && height === undefined) return facts;
  const picture = facts.inputs.find(({ shape }) => shape.length === 4);
  if (!picture) return facts;
  const places = PLACES[layout === 'auto' ? layoutOf(picture) : layout];
  const shape = [...picture.shape];
  const settle = (field: string, place: number, wanted: number): void => {
    const side = shape[place];
    if (typeof side === 'number' && side !== wanted) throw wrong(field, `the model takes ${side}, not ${wanted}: leave it empty`);
    shape[place] = wanted;
  };
  if (layout !== 'auto' && shape[places.channels] !== 1) settle('layout', places.channels, 3);
  if (width !== undefined) settle('width', places.width, width);
  if (height !== undefined) settle('height', places.height, height);
  return { ...facts, inputs: facts.inputs.map((input) => (input === picture ? { ...input, shape } : input)) };
}

function layoutOf({ shape: [, second, , last] }: TensorFact): keyof typeof PLACES {
  return (last === 1 || last === 3) && second !== 1 && second !== 3 ? 'NHWC' : 'NCHW';
}

/** The spec with what the user says in place of what was recognised. Throws `OPTION_INVALID` where the tensor does not have it. */
export function overruleSpec(spec: TensorSpec, wishes: InputWishes): TensorSpec {
  const { fit = 'auto', channels = 'auto' } = wishes;
  if (channels !== 'auto' && spec.channels === 'gray') throw wrong('channels', 'the model takes gray pictures: set auto');
  return {
    ...spec,
    ...(fit === 'auto' ? {} : { fit }),
    ...(channels === 'auto' ? {} : { channels }),
    ...numbersOf(spec, wishes),
  };
}

function numbersOf(spec: TensorSpec, wishes: InputWishes): Partial<Pick<TensorSpec, 'scale' | 'mean' | 'std'>> {
  const { range = 'auto' } = wishes;
  const { mean, std } = range === 'auto' ? wishes : withDefaults(wishes);
  if (!mean && !std) return {};
  if (spec.dtype === 'uint8') throw wrong(range === 'auto' ? 'mean and std' : 'range', 'the model takes pixels as bytes, as they are: leave it out');
  const { scale, shift } = range === 'auto' ? { scale: spec.scale, shift: 0 } : RANGES[range];
  const count = spec.channels === 'gray' ? 1 : 3;
  return {
    scale,
    ...(mean && { mean: spread('mean', mean, count).map((value) => value + shift) }),
    ...(std && { std: spread('std', std, count) }),
  };
}

function withDefaults({ mean = [0], std = [1] }: InputWishes): Required<Pick<InputWishes, 'mean' | 'std'>> {
  return { mean, std };
}

/** One number a channel. */
function spread(field: string, numbers: readonly number[], count: number): readonly number[] {
  if (numbers.length === 1) return Array.from({ length: count }, () => numbers[0] ?? 0);
  if (numbers.length === count) return numbers;
  throw wrong(field, 'expected one number, the model takes gray pictures');
}

function wrong(field: string, message: string): StreamInferError {
  return new StreamInferError('OPTION_INVALID', `options.input.${field}: ${message}`);
}
