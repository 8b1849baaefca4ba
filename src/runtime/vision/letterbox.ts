import type { Letterbox, TensorSpec } from './tensor-spec.js';

type Size = { readonly width: number; readonly height: number };

/**
 * Where a picture goes in the tensor. `source` is the size boxes are reported in, `stage` the size the producer gives
 * the picture (its aspect may differ: the picture is then stretched as the producer says, in the one scaling there is).
 * New sides are floor(side × scale + 0.5), centre padding round((rest) / 2 − 0.1), as Ultralytics' LetterBox does.
 */
export function placeLetterbox(spec: TensorSpec, source: Size, stage: Size = source): Letterbox {
  if (spec.fit === 'stretch') {
    return { scaleX: spec.width / source.width, scaleY: spec.height / source.height, padX: 0, padY: 0, width: spec.width, height: spec.height };
  }
  const scale = Math.min(spec.width / stage.width, spec.height / stage.height);
  const width = clampSide(stage.width * scale, spec.width);
  const height = clampSide(stage.height * scale, spec.height);
  const centred = spec.fit === 'letterbox-center';
  return {
    // Of the whole pixels, not of `scale`: rounding stretches the picture a little, and its boxes with it.
    scaleX: width / source.width,
    scaleY: height / source.height,
    padX: centred ? Math.max(0, Math.round((spec.width - width) / 2 - 0.1)) : 0,
    padY: centred ? Math.max(0, Math.round((spec.height - height) / 2 - 0.1)) : 0,
    width,
    height,
  };
}

/** Where the whole frame lies when a part of it lies at `letterbox`; the part begins at `x`, `y` in the frame. */
export function letterboxOfFrame(letterbox: Letterbox, { x, y }: { readonly x: number; readonly y: number }): Letterbox {
  const { scaleX, scaleY, padX, padY } = letterbox;
  return { ...letterbox, padX: padX - x * scaleX, padY: padY - y * scaleY };
}

function clampSide(side: number, limit: number): number {
  return Math.min(limit, Math.max(1, Math.floor(side + 0.5)));
}
