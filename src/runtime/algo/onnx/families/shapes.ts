import { StreamInferError } from '../../../base/index.js';
import type { ModelFacts, TensorFact } from '../model-facts.js';
import { pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';

/** Lengths that vectors describing a face or a thing have, and class lists hardly ever. */
const VECTOR_LENGTHS: readonly number[] = [64, 128, 192, 256, 384, 512, 768, 1024, 1280, 2048];

export function isVectorLength(length: number): boolean {
  return VECTOR_LENGTHS.includes(length);
}

/** The model's only output of floats, for models that take one picture; undefined otherwise. */
export function onlyOutput(facts: ModelFacts): TensorFact | undefined {
  const [output, ...others] = facts.outputs;
  return output && others.length === 0 && isFloat(output) && pictureInput(facts) ? output : undefined;
}

/** The two last sides of a rank-3 tensor whose first side, the batch, is 1 or free. */
export function rowsAndColumns(tensor: TensorFact): { readonly rows: number | string; readonly columns: number | string } | undefined {
  const [batch, rows, columns] = tensor.shape;
  if (tensor.shape.length !== 3 || rows === undefined || columns === undefined) return undefined;
  return batch === 1 || typeof batch === 'string' ? { rows, columns } : undefined;
}

export function isFloat(tensor: TensorFact): boolean {
  return tensor.dtype === 'float32' || tensor.dtype === 'float16';
}

/** Whether the exporter says that boxes come without duplicates: Ultralytics' `end2end` and `nms=True`. */
export function saysEndToEnd(facts: ModelFacts): boolean {
  return /^true$/i.test(facts.metadata['end2end'] ?? '') || /['"]nms['"]\s*:\s*true/i.test(facts.metadata['args'] ?? '');
}

/** One number of a tensor; NaN where there is none. */
export function valueAt(data: Float32Array, index: number): number {
  return data[index] ?? NaN;
}

export function sigmoid(value: number): number {
  return 1 / (1 + Math.exp(-value));
}

/** The error for outputs that came in another shape than the family reads. */
export function unreadable(outputs: readonly OutputTensor[], expected: string): StreamInferError {
  const shapes = outputs.map(({ name, shape }) => `${name} [${shape.join(',')}]`).join('; ');
  return new StreamInferError('MODEL_UNSUPPORTED', `expected ${expected}, the model gave ${shapes}`);
}
