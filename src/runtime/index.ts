/*
 * The front door of the runtime: what the nodes and library users may use. Importing it loads no native code.
 */

export {
  type AlgoPlan,
  type AlgoResult,
  type AlgoStats,
  asStreamInferError,
  check,
  type Classification,
  type Clock,
  type Detection,
  type DurationSummary,
  type EndReason,
  ERROR_CODES,
  type ErrorCode,
  type Frame,
  fromWire,
  hidePassword,
  type Keypoint,
  type LatePolicy,
  type OrientedDetection,
  PIXEL_FORMATS,
  type PixelFormat,
  plainCopy,
  type ProducerOptions,
  type RecorderPlan,
  type SegmentedDetection,
  type Segmentation,
  type SemanticSegment,
  type SourceOptions,
  type StreamEvent,
  StreamInferError,
  type StreamInfo,
  type StreamMode,
  type StreamPlan,
  type StreamPlanInput,
  type StreamStats,
  type StreamTotals,
  systemClock,
  type TaskName,
  type TaskResult,
  toWire,
  type WireError,
  withoutCredentials,
} from './base/index.js';
export { algoSchema, MODEL_FAMILIES, producerSchema, recorderSchema, resolveStreamPlan, sourceSchema, streamSchema } from './base/plan.js';
export { RESULT_SCHEMAS, resultJsonSchema, TASKS } from './base/task-results.js';
export { type Drawable, drawDetections, drawOnFrame, type Trail, type YuvPlanes } from './vision/index.js';
export { probe, type SourceInfo } from './media/index.js';
export { Algo, type AlgoContext, type CatalogueEntry, type FlowImage, type FlowWindow, inspectModel, listCatalogue, type ModelReport, moduleRevision, type UserAlgo } from './algo/index.js';
export { Dispatcher, type DispatcherOptions, type ResultQuery, ResultStore, type ResultStoreOptions, type TimedResult } from './dispatch/index.js';
export { drawResult } from './record/index.js';
export {
  type Engine,
  type EngineClientOptions,
  type EngineHandlers,
  type EngineOptions,
  type FlowAnswer,
  type FlowQuestion,
  type FlowRequest,
  openEngine,
  openEngineClient,
  type ProcessHook,
  type StreamCommand,
} from './engine/index.js';
export {
  type AlgoSettings,
  type AlgoSpec,
  Inference,
  type InferenceOptions,
  type Job,
  type JobHandlers,
  type JobOverrides,
  type LogLevel,
  type ModuleExport,
  type OpenEngine,
  openProducer,
  openRecorder,
  type ProcessFunction,
  type ProducerSettings,
  type Recorder,
  type RecorderOptions,
  resolveJob,
  runJob,
  type StreamOutcome,
} from './jobs/index.js';
