import { MAX_INPUT_BYTES, type OnnxOptions, StreamInferError } from '../../base/index.js';
import { type TensorSpec, tensorBytes } from '../../vision/index.js';
import { chooseFamily, type ChosenFamily } from './choose-family.js';
import { type InputWishes, overruleSpec, settleInput } from './input-options.js';
import { type Labels, resolveLabels } from './labels.js';
import type { ModelFacts } from './model-facts.js';
import { checkClasses, checkShapes } from './model-limits.js';
import { readModelHeader } from './model-header.js';
import { type ModelSession, openModelSession } from './session.js';

/** A model with all that is needed to use it. */
export type OpenModel = ChosenFamily & {
  readonly session: ModelSession;
  readonly facts: ModelFacts;
  readonly spec: TensorSpec;
  readonly labels: Labels;
  /** Names of a thing's keypoints, in the model's order. */
  readonly keypointNames: readonly string[];
  /** Number of classes, as far as known. */
  readonly classes?: number;
};

/** What overrules a model's own word. */
export type ModelOverrides = Partial<Pick<OnnxOptions, 'family' | 'classNames'>> & { readonly input?: InputWishes | undefined };

/** A session on the file, and what the model says of itself. Throws `MODEL_NOT_FOUND` and `MODEL_LOAD_FAILED`. */
export async function openWithFacts(
  path: string,
  options: Partial<Pick<OnnxOptions, 'executionProviders' | 'providerOptions' | 'threads'>> = {},
): Promise<{ readonly session: ModelSession; readonly facts: ModelFacts }> {
  const header = await readModelHeader(path);
  const session = await openModelSession({ model: { path }, ...options });
  const facts = { ...header, inputs: session.inputs, outputs: session.outputs };
  try {
    checkShapes(facts);
  } catch (error) {
    await session.close();
    throw error;
  }
  return { session, facts };
}

/** What a model says of itself: inputs and outputs, metadata, operators, producer. Loads it for a moment. */
export async function readModelFacts(path: string): Promise<ModelFacts> {
  const { session, facts } = await openWithFacts(path);
  await session.close();
  return facts;
}

/** Family, tensor spec and labels of a model. Throws `MODEL_UNSUPPORTED` and `OPTION_INVALID`. */
export async function understandModel(facts: ModelFacts, overrides: ModelOverrides = {}): Promise<Omit<OpenModel, 'session'>> {
  const { input = {} } = overrides;
  const settled = settleInput(facts, input);
  const chosen = chooseFamily(settled, overrides.family);
  const spec = overruleSpec(chosen.family.inputSpec(settled), input);
  if (!(tensorBytes(spec) > 0 && tensorBytes(spec) <= MAX_INPUT_BYTES)) {
    throw new StreamInferError('MODEL_UNSUPPORTED', `the model wants a picture of ${spec.width} × ${spec.height} pixels, at most ${MAX_INPUT_BYTES} bytes are given: set options.input.width and height, or export it for a smaller one`);
  }
  const { classes } = chosen.recognition;
  checkClasses(classes);
  const labels = await resolveLabels({ classNames: overrides.classNames, metadata: facts.metadata['names'], classes, known: chosen.family.knownLabels });
  const count = classes ?? (labels.names.length || undefined);
  return { ...chosen, facts: settled, spec, labels, keypointNames: chosen.family.keypointNames?.(facts) ?? [], ...(count === undefined ? {} : { classes: count }) };
}
