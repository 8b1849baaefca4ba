/** What a tensor of a model looks like from outside. */
export type TensorFact = {
  readonly name: string;
  /** ONNX Runtime's name: `float32`, `int64` …; `none` for what is no tensor (a sequence, an optional). */
  readonly dtype: string;
  /** Sides; a text is a side that the caller chooses, by its name in the model (may be empty). */
  readonly shape: readonly (number | string)[];
};

/** What a model file says of itself beside its tensors. */
export type ModelHeader = {
  /** The file's own key-value pairs, as exporters write them: `names`, `task`, `stride`, `imgsz` … */
  readonly metadata: Readonly<Record<string, string>>;
  /** Version of ONNX's own operators that the model wants. */
  readonly opset?: number;
  /** Program that wrote the file, with its version. */
  readonly producer?: string;
};

/** All that a family is recognised from. */
export type ModelFacts = ModelHeader & {
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
};

/** `images float32[1,3,416,416]`, a free side without a name as `?`. */
export function tensorText(tensor: TensorFact): string {
  return `${tensor.name} ${tensor.dtype}[${tensor.shape.map((side) => (side === '' ? '?' : side)).join(',')}]`;
}
