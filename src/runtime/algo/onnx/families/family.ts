import type { MODEL_FAMILIES } from '../../../base/index.js';
import type { TensorSpec } from '../../../vision/index.js';
import type { KnownLabels } from '../labels.js';
import type { ModelFacts } from '../model-facts.js';
import type { FeedTensor, OutputTensor } from '../session.js';
import type { FoundBox } from '../tasks/detections.js';
import type { Task } from '../tasks/task.js';

export type FamilyName = (typeof MODEL_FAMILIES)[number];

/** How sure a family is that a model is one of its own. */
export type Recognition = {
  /** 0…1. From 0.5 on it is taken by itself; below, only when the user names the family. */
  readonly confidence: number;
  /** For people: what speaks for it or against it. */
  readonly why: string;
  /** Number of classes, where the outputs tell it. */
  readonly classes?: number;
};

/** What a family needs to know to read outputs. */
export type DecodeContext = {
  readonly spec: TensorSpec;
  readonly facts: ModelFacts;
  /** Detections below are left out. */
  readonly scoreThreshold: number;
};

/**
 * A way in which models of one task lay out their inputs and outputs. A new one is a file here, a line in the table of
 * `families/index.ts` and its name in `MODEL_FAMILIES`.
 */
export type ModelFamily<Raw = unknown> = {
  readonly name: FamilyName;
  /** What such models are for, and what becomes of what `decode` gives. */
  readonly task: Task<Raw>;
  /** For people: the outputs that it reads. */
  readonly reads: string;
  /** `no`: the model gives each thing once, nothing is left to suppress. Default yes; tasks without boxes do not ask. */
  readonly needsNms?: 'yes' | 'no';
  /** Lists of names taken by their length where nothing names the classes. Default COCO's. */
  readonly knownLabels?: readonly KnownLabels[];
  /** Undefined where the outputs cannot be read as this family's. */
  recognise(facts: ModelFacts): Recognition | undefined;
  /** What the picture has to look like; for models that `recognise` did not refuse. */
  inputSpec(facts: ModelFacts): TensorSpec;
  /** What goes in beside the picture, the same with each; for models that `recognise` did not refuse. Default nothing. */
  extraInputs?(facts: ModelFacts): readonly FeedTensor[];
  /** Names of a thing's keypoints, in the model's order. Default none. */
  keypointNames?(facts: ModelFacts): readonly string[];
  /**
   * What the outputs for one picture say, places in pixels of the tensor, in any order. What is no number is left out here
   * or by the task. Throws `MODEL_UNSUPPORTED` for outputs of another shape.
   */
  decode(outputs: readonly OutputTensor[], context: DecodeContext): Raw;
  /** What outputs for an empty picture tell against the model; for the user. Default nothing. */
  warningOf?(outputs: readonly OutputTensor[], facts: ModelFacts): string | undefined;
};

/** Models that find things and where they are. */
export type DetectorFamily = ModelFamily<readonly FoundBox[]>;
