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

/** Sides, characters of a name and tensors that are shown. */
const SHOWN = { sides: 8, characters: 80, tensors: 12 } as const;

/** `images float32[1,3,416,416]`, a free side without a name as `?`. */
export function tensorText({ name, dtype, shape }: TensorFact): string {
  const sides = shape.slice(0, SHOWN.sides).map((side) => (side === '' ? '?' : String(side).slice(0, SHOWN.characters)));
  return `${name.slice(0, SHOWN.characters)} ${dtype}[${sides.join(',')}${shape.length > SHOWN.sides ? ',…' : ''}]`;
}

/** All of them with `; ` between; of many the first. */
export function tensorsText(tensors: readonly TensorFact[]): string {
  const more = tensors.length > SHOWN.tensors ? [`… (${tensors.length})`] : [];
  return [...tensors.slice(0, SHOWN.tensors).map(tensorText), ...more].join('; ');
}
