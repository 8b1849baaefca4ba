import { type Classification, type Detection, type OnnxAlgoPlan, type OnnxOptions, StreamInferError } from '../../base/index.js';
import { type ScoredBox, tensorBytes } from '../../vision/index.js';
import type { FrameNeed, LaneAlgo, LaneBatch, LaneFrame } from '../algo.js';
import type { BatchSizes } from './batch.js';
import { toClassifications } from './classifications.js';
import { toDetections } from './detections.js';
import { wantedClasses } from './labels.js';
import { ModelRunner } from './model-runner.js';
import { type OpenModel, openWithFacts, understandModel } from './open-model.js';
import type { OutputTensor } from './session.js';

/** Settings that may change while an ONNX algo runs. */
export type OnnxChanges = { readonly scoreThreshold?: number | undefined; readonly iouThreshold?: number | undefined };

/** An ONNX model on its lane. */
export interface OnnxAlgo extends LaneAlgo {
  /** What was asked for and could not be had; for the user. */
  readonly warning?: string;
  run(frames: readonly LaneFrame[], signal: AbortSignal, onInferred?: () => void): Promise<Detection[] | Classification[]>;
  /** From the next run on. Throws `OPTION_INVALID`. */
  set(changes: OnnxChanges): void;
}

/**
 * The algo of an ONNX model, run once already so that the first frame finds it warm; `plan.model` is the path of an
 * `.onnx` file. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `MODEL_UNSUPPORTED`, `MODEL_RUN_FAILED`, `OPTION_INVALID`.
 */
export async function openOnnxAlgo(plan: Pick<OnnxAlgoPlan, 'model' | 'options'>): Promise<OnnxAlgo> {
  const { session, facts } = await openWithFacts(plan.model, plan.options);
  try {
    const model: OpenModel = { session, facts, ...(await understandModel(facts, plan.options)) };
    const runner = new ModelRunner(model);
    await warmUp(model, runner);
    const batch = await runner.settleBatch(plan.options.batch);
    return new ModelAlgo({ model, runner, batch }, plan.options);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/** One run on an empty picture, its result thrown away: allocates what a run needs and shows whether the outputs can be read. */
async function warmUp(model: OpenModel, runner: ModelRunner): Promise<void> {
  decode(model, await runner.run(new ArrayBuffer(tensorBytes(model.spec))), 1);
}

type Parts = { readonly model: OpenModel; readonly runner: ModelRunner; readonly batch: BatchSizes | undefined };

class ModelAlgo implements OnnxAlgo {
  readonly needs: FrameNeed;
  readonly description: Readonly<Record<string, unknown>>;
  readonly batch: LaneBatch | undefined;
  readonly warning?: string;
  readonly #model: OpenModel;
  readonly #runner: ModelRunner;
  readonly #wanted: ReadonlySet<number> | undefined;
  #options: OnnxOptions;

  constructor({ model, runner, batch }: Parts, options: OnnxOptions) {
    const { session, spec, labels, family } = model;
    this.#model = model;
    this.#runner = runner;
    this.#options = options;
    this.#wanted = wantedClasses(options.labels, labels, model.classes);
    this.needs = { kind: 'tensor', spec };
    this.batch = batch && { ...batch, run: (windows, signal, onInferred) => this.#runBatch(windows, signal, onInferred) };
    const most = batch?.sizes.at(-1) ?? 1;
    const lessBatch = options.batch > most ? `options.batch is ${options.batch}, the model takes ${most === 1 ? 'one picture' : `${most} pictures`} at a time` : undefined;
    this.description = {
      family: family.name,
      executionProvider: session.executionProvider,
      runtime: session.runtime,
      input: `${spec.width}x${spec.height}`,
      threads: session.threads,
      batch: most,
      ...(model.classes === undefined ? {} : { classes: model.classes }),
      labels: labels.names,
    };
    const warnings = [session.warning, labels.warning, lessBatch].filter((text) => text !== undefined);
    if (warnings.length > 0) this.warning = warnings.join('; ');
  }

  async run(frames: readonly LaneFrame[], signal: AbortSignal, onInferred?: () => void): Promise<Detection[] | Classification[]> {
    signal.throwIfAborted();
    const frame = onlyTensor(frames);
    const outputs = await this.#runner.run(frame.data);
    onInferred?.();
    return this.#found(frame, outputs);
  }

  set(changes: OnnxChanges): void {
    const scoreThreshold = thresholdOf('scoreThreshold', changes);
    const iouThreshold = thresholdOf('iouThreshold', changes);
    this.#options = {
      ...this.#options,
      ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
      ...(iouThreshold === undefined ? {} : { iouThreshold }),
    };
  }

  async close(): Promise<void> {
    await this.#model.session.close();
  }

  async #runBatch(windows: readonly (readonly LaneFrame[])[], signal: AbortSignal, onInferred?: () => void): Promise<(Detection[] | Classification[])[]> {
    signal.throwIfAborted();
    const frames = windows.map(onlyTensor);
    const outputs = await this.#runner.runBatch(frames.map(({ data }) => data));
    onInferred?.();
    return frames.map((frame, i) => this.#found(frame, outputs[i] ?? []));
  }

  #found(frame: TensorFrame, outputs: readonly OutputTensor[]): Detection[] | Classification[] {
    const { scoreThreshold, iouThreshold, nms: mode, maxDetections } = this.#options;
    const found = decode(this.#model, outputs, scoreThreshold);
    const options = { labels: this.#model.labels, wanted: this.#wanted, maxDetections };
    if ('shares' in found) return toClassifications(found.shares, options);
    const nms = found.needsNms === 'yes' ? { iouThreshold, mode } : undefined;
    return toDetections(found.boxes, { letterbox: frame.letterbox, frame: frame.info }, { ...options, nms });
  }
}

function thresholdOf(name: keyof OnnxChanges, { [name]: value }: OnnxChanges): number | undefined {
  if (value === undefined || (Number.isFinite(value) && value >= 0 && value <= 1)) return value;
  throw new StreamInferError('OPTION_INVALID', `${name}: expected a number from 0 to 1, got ${String(value)}`);
}

type TensorFrame = LaneFrame & { readonly kind: 'tensor' };

function onlyTensor([frame, ...others]: readonly LaneFrame[]): TensorFrame {
  if (frame?.kind !== 'tensor' || others.length > 0) throw new StreamInferError('INTERNAL', 'an ONNX algo runs on one tensor at a time');
  return frame;
}

/** What the outputs say, by what the family gives. */
type Found = { readonly boxes: readonly ScoredBox[]; readonly needsNms: 'yes' | 'no' } | { readonly shares: Float32Array };

function decode({ family, spec }: OpenModel, outputs: readonly OutputTensor[], scoreThreshold: number): Found {
  if (family.gives === 'classes') return { shares: family.shares(outputs) };
  return { boxes: family.decode(outputs, { spec, scoreThreshold }), needsNms: family.needsNms };
}
