export { type AlgoSettings, type AlgoSpec, Inference, type InferenceOptions, type ProcessFunction } from './inference.js';
export { type Job, type JobOverrides, type LogLevel, type ModuleExport, resolveJob } from './job.js';
export { inspectModelApart, type LookOptions, probeApart } from './look-apart.js';
export { openProducer, type ProducerSettings } from './producer.js';
export { openRecorder, type Recorder, type RecorderOptions } from './recorder.js';
export { type JobHandlers, runJob } from './run-job.js';
export { type ModelTest, testModel, type TestModelOptions } from './test-model.js';
export { testModelApart } from './test-model-apart.js';
export type { OpenEngine, StreamOutcome } from './run-stream.js';
