import { type StreamInferError, toWire } from '../../base/index.js';
import type { TensorSpec } from '../../vision/index.js';
import type { TensorFact } from './model-facts.js';
import { type ModelOverrides, openWithFacts, understandModel } from './open-model.js';

/** What `inspectModel` tells; plain data. */
export type ModelReport = {
  /** Null where no family fits; `why` says then what was looked for. */
  readonly family: string | null;
  /** 0…1. */
  readonly confidence?: number;
  readonly why: string;
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  readonly classes?: number;
  readonly labels?: readonly string[];
  /** Where the labels come from: the option, the model, COCO's list, or only numbers. */
  readonly labelsFrom?: string;
  /** How a picture is prepared for it. */
  readonly tensor?: TensorSpec;
  readonly opset?: number;
  readonly producer?: string;
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
  const { opset, producer } = facts;
  const plain = {
    inputs: facts.inputs,
    outputs: facts.outputs,
    ...(opset === undefined ? {} : { opset }),
    ...(producer === undefined ? {} : { producer }),
    metadata: Object.keys(facts.metadata),
  };
  try {
    const { family, recognition, spec, labels, classes } = await understandModel(facts, overrides);
    return {
      family: family.name,
      confidence: recognition.confidence,
      why: recognition.why,
      ...plain,
      ...(classes === undefined ? {} : { classes }),
      labels: labels.names,
      labelsFrom: labels.from,
      tensor: spec,
    };
  } catch (error) {
    if ((error as StreamInferError).code !== 'MODEL_UNSUPPORTED') throw error;
    return { family: null, why: toWire(error).message, ...plain };
  }
}
