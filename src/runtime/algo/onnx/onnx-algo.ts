import { z } from 'zod';

import { check, type Classification, type Detection, type OnnxAlgoPlan, type OnnxOptions, StreamInferError } from '../../base/index.js';
import { type ScoredBox, tensorBytes } from '../../vision/index.js';
import type { FrameNeed, LaneAlgo, LaneFrame } from '../algo.js';
import { toClassifications } from './classifications.js';
import { toDetections } from './detections.js';
import { wantedClasses } from './labels.js';
import { type OpenModel, openWithFacts, understandModel } from './open-model.js';
import type { FeedTensor, OutputTensor } from './session.js';

/** Settings that may change while an ONNX algo runs. */
const changesSchema = z.object({
  scoreThreshold: z.number().min(0).max(1).optional(),
  iouThreshold: z.number().min(0).max(1).optional(),
});
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
    const algo = new ModelAlgo(model, plan.options);
    await algo.warmUp();
    return algo;
  } catch (error) {
    await session.close();
    throw error;
  }
}

class ModelAlgo implements OnnxAlgo {
  readonly needs: FrameNeed;
  readonly description: Readonly<Record<string, unknown>>;
  readonly warning?: string;
  readonly #model: OpenModel;
  readonly #wanted: ReadonlySet<number> | undefined;
  readonly #extraInputs: readonly FeedTensor[];
  #options: OnnxOptions;

  constructor(model: OpenModel, options: OnnxOptions) {
    const { session, spec, labels, family } = model;
    this.#model = model;
    this.#options = options;
    this.#wanted = wantedClasses(options.labels, labels, model.classes);
    this.#extraInputs = family.extraInputs?.(model.facts) ?? [];
    this.needs = { kind: 'tensor', spec };
    this.description = {
      family: family.name,
      executionProvider: session.executionProvider,
      runtime: session.runtime,
      input: `${spec.width}x${spec.height}`,
      ...(model.classes === undefined ? {} : { classes: model.classes }),
      labels: labels.names,
    };
    const warnings = [session.warning, labels.warning].filter((text) => text !== undefined);
    if (warnings.length > 0) this.warning = warnings.join('; ');
  }

  /** One run on an empty picture, its result thrown away: allocates what a run needs and shows whether the outputs can be read. */
  async warmUp(): Promise<void> {
    const outputs = await this.#infer(new ArrayBuffer(tensorBytes(this.#model.spec)));
    this.#decode(outputs);
  }

  async run(frames: readonly LaneFrame[], signal: AbortSignal, onInferred?: () => void): Promise<Detection[] | Classification[]> {
    signal.throwIfAborted();
    const [frame, ...others] = frames;
    if (frame?.kind !== 'tensor' || others.length > 0) throw new StreamInferError('INTERNAL', 'an ONNX algo runs on one tensor at a time');
    const outputs = await this.#infer(frame.data);
    onInferred?.();
    const found = this.#decode(outputs);
    const options = { labels: this.#model.labels, wanted: this.#wanted, maxDetections: this.#options.maxDetections };
    if ('shares' in found) return toClassifications(found.shares, options);
    const nms = found.needsNms === 'yes' ? { iouThreshold: this.#options.iouThreshold, mode: this.#options.nms } : undefined;
    return toDetections(found.boxes, { letterbox: frame.letterbox, frame: frame.info }, { ...options, nms });
  }

  set(changes: OnnxChanges): void {
    const { scoreThreshold, iouThreshold } = check(changesSchema, changes);
    this.#options = {
      ...this.#options,
      ...(scoreThreshold === undefined ? {} : { scoreThreshold }),
      ...(iouThreshold === undefined ? {} : { iouThreshold }),
    };
  }

  async close(): Promise<void> {
    await this.#model.session.close();
  }

  async #infer(data: ArrayBuffer): Promise<OutputTensor[]> {
    const { spec, session } = this.#model;
    const channels = spec.channels === 'gray' ? 1 : 3;
    const shape = spec.layout === 'NCHW' ? [1, channels, spec.height, spec.width] : [1, spec.height, spec.width, channels];
    const picture = session.inputs.find(({ name }) => !this.#extraInputs.some((extra) => extra.name === name));
    return await session.run([{ name: picture?.name ?? '', dtype: spec.dtype, shape, data }, ...this.#extraInputs]);
  }

  #decode(outputs: readonly OutputTensor[]): Found {
    const { family, spec } = this.#model;
    if (family.gives === 'classes') return { shares: family.shares(outputs) };
    return { boxes: family.decode(outputs, { spec, scoreThreshold: this.#options.scoreThreshold }), needsNms: family.needsNms };
  }
}

/** What the outputs say, by what the family gives. */
type Found = { readonly boxes: readonly ScoredBox[]; readonly needsNms: 'yes' | 'no' } | { readonly shares: Float32Array };
