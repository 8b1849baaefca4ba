/** How a picture becomes a model's input tensor: size, fit, order and numbers. One picture, batch 1. */
export type TensorSpec = {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** `letterbox-*` keep the aspect and fill the rest with `pad`; `stretch` fills the tensor. */
  readonly fit: 'letterbox-center' | 'letterbox-topleft' | 'stretch';
  /** Brightness of the padding, 0…255, before `scale`, `mean`, `std`. */
  readonly pad: number;
  readonly layout: 'NCHW' | 'NHWC';
  readonly channels: 'rgb' | 'bgr' | 'gray';
  readonly dtype: 'float32' | 'float16' | 'uint8';
  /** Value = (pixel 0…255 × scale − mean[c]) / std[c], channels in the tensor's order. uint8 tensors take pixels as they are. */
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
};

/** Where a source picture lies in a tensor: tensor x = source x × scaleX + padX, likewise y. Undo it for boxes. */
export type Letterbox = {
  readonly scaleX: number;
  readonly scaleY: number;
  /** Pixels of the tensor left of, and above, the picture; of a crop, of the frame that it is a part of: below 0 as a rule. */
  readonly padX: number;
  readonly padY: number;
  /** Size of the picture, or of the crop, within the tensor, whole pixels. */
  readonly width: number;
  readonly height: number;
};

/** Bytes of the tensor that `spec` describes. */
export function tensorBytes(spec: TensorSpec): number {
  const channels = spec.channels === 'gray' ? 1 : 3;
  const bytes = { float32: 4, float16: 2, uint8: 1 }[spec.dtype];
  return spec.width * spec.height * channels * bytes;
}
