import { StreamInferError } from '../../base/index.js';
import { FAMILIES, type FamilyName, type ModelFamily, type Recognition } from './families/index.js';
import { type ModelFacts, tensorsText } from './model-facts.js';
import { pictureInput } from './picture-input.js';

/** Below this a family is only taken when the user names it. */
const SURE_ENOUGH = 0.5;

export type ChosenFamily = { readonly family: ModelFamily; readonly recognition: Recognition };

/** The family of a model: the one named, or the one that recognises it best. Throws `MODEL_UNSUPPORTED`. */
export function chooseFamily(facts: ModelFacts, wanted: FamilyName | 'auto' = 'auto'): ChosenFamily {
  const candidates = FAMILIES.flatMap((family) => {
    const recognition = family.recognise(facts);
    return recognition ? [{ family, recognition }] : [];
  }).sort((a, b) => b.recognition.confidence - a.recognition.confidence);
  if (wanted !== 'auto') return candidates.find(({ family }) => family.name === wanted) ?? refuse(facts, candidates, wanted);
  const [best] = candidates;
  return best && best.recognition.confidence >= SURE_ENOUGH ? best : refuse(facts, candidates, wanted);
}

function refuse(facts: ModelFacts, candidates: readonly ChosenFamily[], wanted: FamilyName | 'auto'): never {
  const tensors = `its inputs are ${tensorsText(facts.inputs)}, its outputs ${tensorsText(facts.outputs)}${doubtOfInput(facts)}`;
  if (wanted !== 'auto') {
    const reads = FAMILIES.find(({ name }) => name === wanted)?.reads ?? '';
    throw new StreamInferError('MODEL_UNSUPPORTED', `the model cannot be read as ${wanted}, which reads ${reads}: ${tensors}`);
  }
  const byHand = candidates.map(({ family, recognition }) => `; family "${family.name}" can be set by hand: ${recognition.why}`).join('');
  const known = FAMILIES.map(({ name }) => name).join(', ');
  throw new StreamInferError('MODEL_UNSUPPORTED', `the model is of no family that is understood: ${tensors}${byHand}. Understood are: ${known} (README, Models)`);
}

function doubtOfInput(facts: ModelFacts): string {
  if (pictureInput(facts)) return '';
  const free = facts.inputs.some(({ shape }) => shape.length === 4 && shape.every((side) => typeof side === 'string'));
  return `; no input is the only one and a picture (1 × 3 × H × W or 1 × H × W × 3 of float32, float16 or uint8)${free ? ', set options.input.layout where it is one' : ''}`;
}
