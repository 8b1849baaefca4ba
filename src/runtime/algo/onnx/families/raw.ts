import type { ModelFacts } from '../model-facts.js';
import { makePictureSpec, pictureInput } from '../picture-input.js';
import type { OutputTensor } from '../session.js';
import { giveTensors, type RawOutputs, refuseGiants } from '../tasks/raw.js';
import type { DecodeContext, ModelFamily, Recognition } from './family.js';

const DEFAULT_SIZE = 224;

/** Any model with a picture as its input, for who reads its outputs themselves; never taken by itself. */
export const raw: ModelFamily<RawOutputs> = {
  name: 'raw',
  task: giveTensors,
  reads: 'any outputs of numbers, and gives them as they are',
  knownLabels: [],
  recognise,
  inputSpec: (facts) =>
    makePictureSpec(facts, { fit: 'stretch', pad: 0, channels: 'rgb', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1], defaultSize: DEFAULT_SIZE }),
  decode,
};

function recognise(facts: ModelFacts): Recognition | undefined {
  return pictureInput(facts) && facts.outputs.length > 0 ? { confidence: 0, why: 'its outputs are then given as they are' } : undefined;
}

function decode(outputs: readonly OutputTensor[], { facts }: DecodeContext): RawOutputs {
  refuseGiants(outputs);
  return { outputs, facts };
}
