import { type OnnxAlgoPlan, StreamInferError, type TaskName, type TaskResult } from '../../base/index.js';
import { tensorBytes } from '../../vision/index.js';
import type { FrameNeed, LaneBatch, LaneFrame } from '../algo.js';
import type { BatchSizes } from './batch.js';
import { type ModelReport, reportOf } from './inspect.js';
import { wantedClasses } from './labels.js';
import { checkRows } from './model-limits.js';
import { ModelRunner } from './model-runner.js';
import { changedThresholds, type ModelAlgoOptions, type OnnxAlgo, type OnnxChanges } from './onnx-changes.js';
import { type OpenModel, openWithFacts, understandModel } from './open-model.js';
import type { OutputTensor } from './session.js';

/**
 * The algo of an ONNX model, run once already so that the first frame finds it warm; `plan.model` is the path of an
 * `.onnx` file. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`, `MODEL_UNSUPPORTED`, `MODEL_RUN_FAILED`, `OPTION_INVALID`.
 */
export async function openOnnxAlgo(plan: Pick<OnnxAlgoPlan, 'model' | 'options'>): Promise<OnnxAlgo> {
  return await openModelAlgo(await openWithFacts(plan.model, plan.options), plan.options);
}

/** The algo of a model that somebody computes; it closes the session, also where it cannot be opened. Throws as `openOnnxAlgo`. */
export async function openModelAlgo({ session, facts }: Pick<OpenModel, 'session' | 'facts'>, options: ModelAlgoOptions): Promise<OnnxAlgo> {
  try {
    const model: OpenModel = { session, ...(await understandModel(facts, options)) };
    if (model.family.task.name === 'text') return await (await import('./ocr/ocr-algo.js')).openOcrAlgo(model, options);
    const runner = new ModelRunner(model);
    const warning = await warmUp(model, runner);
    const batch = await runner.settleBatch(options.batch);
    return new ModelAlgo({ model, runner, batch, warning, report: reportOf(facts, model) }, options);
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * One run on an empty picture, its result thrown away: allocates what a run needs and shows whether the outputs can be read.
 * Gives what they tell against the model.
 */
async function warmUp({ family, spec, facts }: OpenModel, runner: ModelRunner): Promise<string | undefined> {
  const outputs = await runner.run(new ArrayBuffer(tensorBytes(spec)));
  if (isOfBoxes(family)) checkRows(outputs);
  family.decode(outputs, { spec, facts, scoreThreshold: 1 });
  return family.warningOf?.(outputs, facts) ?? nanIn(outputs);
}

/** Weights that are broken, or numbers beyond what half precision holds, show on an empty picture already. */
function nanIn(outputs: readonly OutputTensor[]): string | undefined {
  const broken = outputs.find(({ data }) => data.includes(NaN));
  return broken && `output ${broken.name} is not a number (NaN) for an empty picture: where results are missing, the weights are broken, or the model needs another precision or execution provider`;
}

type Parts = { readonly model: OpenModel; readonly runner: ModelRunner; readonly batch: BatchSizes | undefined; readonly warning: string | undefined; readonly report: ModelReport };

class ModelAlgo implements OnnxAlgo {
  readonly report: ModelReport;
  readonly needs: FrameNeed;
  readonly description: Readonly<Record<string, unknown>>;
  readonly batch: LaneBatch | undefined;
  readonly warning?: string;
  readonly #model: OpenModel;
  readonly #runner: ModelRunner;
  readonly #wanted: ReadonlySet<number> | undefined;
  #options: ModelAlgoOptions;

  constructor({ model, runner, batch, warning, report }: Parts, options: ModelAlgoOptions) {
    const { session, spec, labels, family } = model;
    this.report = report;
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
      task: family.task.name,
      executionProvider: session.executionProvider,
      runtime: session.runtime,
      input: `${spec.width}x${spec.height}`,
      threads: session.threads,
      batch: most,
      ...(model.classes === undefined ? {} : { classes: model.classes }),
      labels: labels.names,
    };
    const noText = options.recognition === undefined ? undefined : `options.recognition is for models that find text, this one is of the family ${family.name}: it is not used`;
    const warnings = [session.warning, labels.warning, lessBatch, noText, warning].filter((text) => text !== undefined);
    if (warnings.length > 0) this.warning = warnings.join('; ');
  }

  async run(frames: readonly LaneFrame[], signal: AbortSignal, onInferred?: () => void): Promise<TaskResult> {
    signal.throwIfAborted();
    const frame = onlyTensor(frames);
    const outputs = await this.#runner.run(frame.data, signal);
    onInferred?.();
    return this.#found(frame, outputs);
  }

  set(changes: OnnxChanges): void {
    this.#options = { ...this.#options, ...changedThresholds(changes) };
  }

  async close(): Promise<void> {
    await this.#model.session.close();
  }

  async #runBatch(windows: readonly (readonly LaneFrame[])[], signal: AbortSignal, onInferred?: () => void): Promise<TaskResult[]> {
    signal.throwIfAborted();
    const frames = windows.map(onlyTensor);
    const outputs = await this.#runner.runBatch(frames.map(({ data }) => data));
    onInferred?.();
    return frames.map((frame, i) => this.#found(frame, outputs[i] ?? []));
  }

  #found(frame: TensorFrame, outputs: readonly OutputTensor[]): TaskResult {
    const { family, spec, facts, labels, keypointNames } = this.#model;
    if (isOfBoxes(family)) checkRows(outputs);
    const raw = family.decode(outputs, { spec, facts, scoreThreshold: this.#options.scoreThreshold });
    const { letterbox, info, crop } = frame;
    const shown = crop && { x1: crop.x, y1: crop.y, x2: crop.x + crop.width, y2: crop.y + crop.height };
    const placement = { spec, letterbox, frame: info, shown };
    return family.task.toResult(raw, { placement, labels, wanted: this.#wanted, keypointNames, needsNms: family.needsNms ?? 'yes', options: this.#options });
  }
}

const BOX_TASKS: ReadonlySet<TaskName> = new Set(['object-detection', 'pose-estimation', 'oriented-detection', 'instance-segmentation']);

/** Whether it makes a box of each row that scores. */
function isOfBoxes({ task }: OpenModel['family']): boolean {
  return BOX_TASKS.has(task.name);
}

type TensorFrame = LaneFrame & { readonly kind: 'tensor' };

function onlyTensor([frame, ...others]: readonly LaneFrame[]): TensorFrame {
  if (frame?.kind !== 'tensor' || others.length > 0) throw new StreamInferError('INTERNAL', 'an ONNX algo runs on one tensor at a time');
  return frame;
}
