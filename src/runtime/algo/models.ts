import type { OnnxAlgoPlan } from '../base/index.js';
import type { ModelFileOptions } from './model-file.js';
import type { ModelOverrides, ModelReport, ModelSession, OnnxAlgo, OpenModelSessionOptions } from './onnx/index.js';

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
export async function openOnnxAlgo(plan: Pick<OnnxAlgoPlan, 'model' | 'options'>): Promise<OnnxAlgo> {
  return (await import('./onnx/index.js')).openOnnxAlgo(plan);
}
