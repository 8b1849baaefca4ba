export { float16ToFloat32 } from './float16.js';
export type { DecodeContext, ModelFamily, Recognition } from './families/index.js';
export { inspectModel, type ModelReport } from './inspect.js';
export { type ModelFacts, type TensorFact, tensorText } from './model-facts.js';
export { openModelAlgo, openOnnxAlgo } from './onnx-algo.js';
export type { ModelAlgoOptions, OnnxAlgo, OnnxChanges } from './onnx-changes.js';
export { type ModelOverrides, readModelFacts } from './open-model.js';
export { type FeedTensor, type ModelSession, openModelSession, type OpenModelSessionOptions, type OutputTensor } from './session.js';
