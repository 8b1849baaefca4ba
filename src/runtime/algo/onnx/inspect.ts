import { type StreamInferError, type TaskName, toWire } from '../../base/index.js';
import type { TensorSpec } from '../../vision/index.js';
import type { ModelFacts, TensorFact } from './model-facts.js';
import { type ModelOverrides, type OpenModel, openWithFacts, understandModel } from './open-model.js';

/** What `inspectModel` tells; plain data. */
export type ModelReport = {
  /** Null where no family fits; `why` says then what was looked for. */
  readonly family: string | null;
  /** What the model is for, and so of what shape its results are (`RESULT_SCHEMAS`). */
  readonly task?: TaskName;
  /** 0…1. */
  readonly confidence?: number;
  readonly why: string;
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  readonly classes?: number;
  readonly labels?: readonly string[];
  /** Where the labels come from: the option, the model, a known list such as COCO's, or only numbers. */
  readonly labelsFrom?: string;
  /** Names of the keypoints of each thing, where the model finds any. */
  readonly keypoints?: readonly string[];
  /** How a picture is prepared for it. */
  readonly tensor?: TensorSpec;
  readonly opset?: number;
  readonly producer?: string;
  /** What the file says under `license`, 200 characters at most. */
  readonly licence?: string;
  /** Keys of the file's own metadata. */
  readonly metadata: readonly string[];
};

/**
 * What a model is, and how it would be used. A model of no known family is described all the same.
 * Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `OPTION_INVALID`.
 */
export async function inspectModel(path: string, overrides: ModelOverrides = {}): Promise<ModelReport> {
  const { session, facts } = await openWithFacts(path);
  await session.close();
  try {
    return reportOf(facts, await understandModel(facts, overrides));
  } catch (error) {
    if ((error as StreamInferError).code !== 'MODEL_UNSUPPORTED') throw error;
    return { family: null, why: toWire(error).message, ...plainFacts(facts) };
  }
}

/** The report on a model that is understood; `facts` as the file has them. */
export function reportOf(facts: ModelFacts, { family, recognition, spec, labels, classes, keypointNames }: Omit<OpenModel, 'session'>): ModelReport {
  return {
    family: family.name,
    task: family.task.name,
    confidence: recognition.confidence,
    why: recognition.why,
    ...plainFacts(facts),
    ...(classes === undefined ? {} : { classes }),
    labels: labels.names,
    labelsFrom: labels.from,
    ...(keypointNames.length === 0 ? {} : { keypoints: keypointNames }),
    tensor: spec,
  };
}

function plainFacts({ inputs, outputs, opset, producer, metadata }: ModelFacts): Pick<ModelReport, 'inputs' | 'outputs' | 'opset' | 'producer' | 'licence' | 'metadata'> {
  const licence = metadata['license'] ?? metadata['licence'];
  return {
    inputs,
    outputs,
    ...(opset === undefined ? {} : { opset }),
    ...(producer === undefined ? {} : { producer }),
    ...(licence === undefined ? {} : { licence: licence.slice(0, 200) }),
    metadata: Object.keys(metadata),
  };
}
