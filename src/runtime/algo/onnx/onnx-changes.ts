import { type OnnxOptions, StreamInferError, type TaskResult } from '../../base/index.js';
import type { LaneAlgo, LaneFrame } from '../algo.js';
import type { ModelReport } from './inspect.js';

/** Settings that may change while an ONNX algo runs. */
export type OnnxChanges = { readonly scoreThreshold?: number | undefined; readonly iouThreshold?: number | undefined };

/** What an algo must know of a model that somebody computes. */
export type ModelAlgoOptions = Omit<OnnxOptions, 'executionProviders' | 'providerOptions' | 'threads'>;

/** An ONNX model on its lane. */
export interface OnnxAlgo extends LaneAlgo {
  /** What was decided about the model. */
  readonly report: ModelReport;
  /** What was asked for and could not be had; for the user. */
  readonly warning?: string;
  run(frames: readonly LaneFrame[], signal: AbortSignal, onInferred?: () => void): Promise<TaskResult>;
  /** From the next run on. Throws `OPTION_INVALID`. */
  set(changes: OnnxChanges): void;
}

/** The thresholds that are given, checked. Throws `OPTION_INVALID`. */
export function changedThresholds(changes: OnnxChanges): { readonly scoreThreshold?: number; readonly iouThreshold?: number } {
  const scoreThreshold = thresholdOf('scoreThreshold', changes);
  const iouThreshold = thresholdOf('iouThreshold', changes);
  return { ...(scoreThreshold === undefined ? {} : { scoreThreshold }), ...(iouThreshold === undefined ? {} : { iouThreshold }) };
}

function thresholdOf(name: keyof OnnxChanges, { [name]: value }: OnnxChanges): number | undefined {
  if (value === undefined || (Number.isFinite(value) && value >= 0 && value <= 1)) return value;
  throw new StreamInferError('OPTION_INVALID', `${name}: expected a number from 0 to 1, got ${String(value)}`);
}
