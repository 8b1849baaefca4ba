import type { MODEL_FAMILIES } from '../../../base/index.js';
import type { ScoredBox, TensorSpec } from '../../../vision/index.js';
import type { ModelFacts } from '../model-facts.js';
import type { FeedTensor, OutputTensor } from '../session.js';

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
  /** Detections below are left out. */
  readonly scoreThreshold: number;
};

/**
 * A way in which models lay out their inputs and outputs. A new one is a file here, a line in the table of
 * `families/index.ts` and its name in `MODEL_FAMILIES`.
 */
export type ModelFamily = DetectorFamily | ClassifierFamily;

type AnyFamily = {
  readonly name: FamilyName;
  /** For people: the outputs that it reads. */
  readonly reads: string;
  /** Undefined where the outputs cannot be read as this family's. */
  recognise(facts: ModelFacts): Recognition | undefined;
  /** What the picture has to look like; for models that `recognise` did not refuse. */
  inputSpec(facts: ModelFacts): TensorSpec;
  /** What goes in beside the picture, the same with each; for models that `recognise` did not refuse. Default nothing. */
  extraInputs?(facts: ModelFacts): readonly FeedTensor[];
};

/** Models that find things and where they are. */
export type DetectorFamily = AnyFamily & {
  /** Default boxes. */
  readonly gives?: 'boxes';
  /** `no`: the model gives each thing once, nothing is left to suppress. */
  readonly needsNms: 'yes' | 'no';
  /** Boxes in pixels of the tensor, in any order. Rows that are no numbers are left out here or by the caller. */
  decode(outputs: readonly OutputTensor[], context: DecodeContext): ScoredBox[];
};

/** Models that say what the whole picture shows. */
export type ClassifierFamily = AnyFamily & {
  readonly gives: 'classes';
  /** 0…1 for each class, together 1. */
  shares(outputs: readonly OutputTensor[]): Float32Array;
};
