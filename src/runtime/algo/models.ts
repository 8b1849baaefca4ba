import { ofSetting, type OnnxAlgoPlan, type OnnxOptions } from '../base/index.js';
import type { ModelFileOptions } from './model-file.js';
import type { ModelOverrides, ModelReport, ModelSession, OnnxAlgo, OpenModelSessionOptions } from './onnx/index.js';

/** What of an algo's plan says which model it is, and how it is used. */
type ModelPlan = Pick<OnnxAlgoPlan, 'model' | 'options'>;

/*
 * What is done with a model outside of a lane. What it takes is loaded with the first call.
 */

/** `resolveModelFile` of model-file.ts: the `.onnx` file that a model's setting means. */
export async function resolveModelFile(model: string, options?: ModelFileOptions): Promise<{ readonly path: string }> {
  return (await import('./model-file.js')).resolveModelFile(model, options);
}

/**
 * What a model is, and how it would be used. A model of no known family is described all the same.
 * Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `OPTION_INVALID`.
 */
export async function inspectModel(path: string, overrides?: ModelOverrides): Promise<ModelReport> {
  return (await import('./onnx/index.js')).inspectModel(path, overrides);
}

/** `openModelSession` of onnx/session.ts: a model without a family, tensors in and out. */
export async function openModelSession(options: OpenModelSessionOptions): Promise<ModelSession> {
  return (await import('./onnx/index.js')).openModelSession(options);
}

/** `openOnnxAlgo` of onnx/onnx-algo.ts: a model as its lane has it. */
export async function openOnnxAlgo(plan: ModelPlan): Promise<OnnxAlgo> {
  return (await import('./onnx/index.js')).openOnnxAlgo(plan);
}

/** The plan with the paths of the files that its settings mean, by its mirror. Throws as `resolveModelFile`; what is wrong with one of the options is told with its name. */
export async function withModelFiles({ model, options }: ModelPlan, files: Omit<ModelFileOptions, 'baseUrl'> = {}): Promise<ModelPlan> {
  const pathOf = async (given: string): Promise<string> => (await resolveModelFile(given, { ...files, baseUrl: options.mirror })).path;
  const path = await pathOf(model);
  const named: { -readonly [K in 'recognition' | 'characters']?: OnnxOptions[K] } = {};
  for (const setting of ['recognition', 'characters'] as const) {
    const given = options[setting];
    if (given === undefined) continue;
    try {
      named[setting] = await pathOf(given);
    } catch (cause) {
      throw ofSetting(`options.${setting}`, cause);
    }
  }
  return { model: path, options: { ...options, ...named } };
}
