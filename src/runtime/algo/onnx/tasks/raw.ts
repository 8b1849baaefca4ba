import { MAX_RAW_NUMBERS, type RawTensor, StreamInferError } from '../../../base/index.js';
import type { ModelFacts } from '../model-facts.js';
import type { OutputTensor } from '../session.js';
import type { Task } from './task.js';

export type RawOutputs = { readonly outputs: readonly OutputTensor[]; readonly facts: ModelFacts };

/** The outputs as they are; JSON has no NaN and no infinity. */
export const giveTensors: Task<RawOutputs> = { name: 'raw', toResult };

function toResult({ outputs, facts }: RawOutputs): Readonly<Record<string, RawTensor>> {
  return Object.fromEntries(outputs.map(({ name, shape, data }) => {
    const type = facts.outputs.find((fact) => fact.name === name)?.dtype ?? 'float32';
    return [name, { type, dims: [...shape], data: Array.from(data, (value) => (Number.isFinite(value) ? value : null)) }];
  }));
}

/** Throws `MODEL_UNSUPPORTED` for more numbers than a message can carry. */
export function refuseGiants(outputs: readonly OutputTensor[]): void {
  const numbers = outputs.reduce((sum, { data }) => sum + data.length, 0);
  if (numbers <= MAX_RAW_NUMBERS) return;
  const shapes = outputs.map(({ name, shape }) => `${name} [${shape.join(',')}]`).join('; ');
  throw new StreamInferError('MODEL_UNSUPPORTED', `family "raw" gives at most ${MAX_RAW_NUMBERS} numbers a run, the model gave ${numbers}: ${shapes}; set another family, a smaller input, or run the model in a module`);
}
