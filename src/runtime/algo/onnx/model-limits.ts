import { MAX_CANDIDATES, MAX_LABELS, MAX_MODEL_PORTS, MAX_OUTPUT_NUMBERS, MAX_TENSOR_RANK, StreamInferError } from '../../base/index.js';
import { type ModelFacts, type TensorFact, tensorText } from './model-facts.js';
import type { OutputTensor } from './session.js';

/** Throws `MODEL_UNSUPPORTED` for a model of more, or larger, inputs and outputs than are taken; free sides are only known in a run. */
export function checkShapes({ inputs, outputs }: Pick<ModelFacts, 'inputs' | 'outputs'>): void {
  for (const [what, ports] of [['inputs', inputs], ['outputs', outputs]] as const) {
    if (ports.length > MAX_MODEL_PORTS) throw refused(`the model has ${ports.length} ${what}, at most ${MAX_MODEL_PORTS} are taken`);
    for (const port of ports) checkRank(port);
  }
  for (const { name, shape } of outputs) checkNumbers(name, shape);
}

/** Throws `MODEL_UNSUPPORTED` for outputs that came larger than is taken. */
export function checkOutputs(outputs: readonly OutputTensor[]): void {
  for (const { name, shape } of outputs) checkNumbers(name, shape);
}

/** Throws `MODEL_UNSUPPORTED` for more rows of boxes than are looked through. */
export function checkRows(outputs: readonly OutputTensor[]): void {
  for (const { name, shape } of outputs) {
    const most = Math.max(0, ...shape);
    if (most > MAX_CANDIDATES) throw refused(`output ${name} [${shape.join(',')}] has ${most} places for boxes, at most ${MAX_CANDIDATES} are looked through: give the model a smaller picture`);
  }
}

/** Throws `MODEL_UNSUPPORTED` for more classes than names are made for. */
export function checkClasses(classes: number | undefined): void {
  if (classes !== undefined && classes > MAX_LABELS) throw refused(`the model tells ${classes} classes apart, at most ${MAX_LABELS} are taken; set family "raw" for its numbers`);
}

function checkRank(port: TensorFact): void {
  if (port.shape.length > MAX_TENSOR_RANK) throw refused(`${tensorText(port)} has ${port.shape.length} sides, at most ${MAX_TENSOR_RANK} are taken`);
}

function checkNumbers(name: string, shape: TensorFact['shape']): void {
  const numbers = shape.reduce<number>((product, side) => product * (typeof side === 'number' ? side : 1), 1);
  if (numbers <= MAX_OUTPUT_NUMBERS) return;
  throw refused(`output ${name} [${shape.join(',')}] has ${numbers} numbers, more than the ${MAX_OUTPUT_NUMBERS} that are taken: export the model with a smaller one`);
}

function refused(what: string): StreamInferError {
  return new StreamInferError('MODEL_UNSUPPORTED', what);
}
