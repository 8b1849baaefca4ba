import { type Frame, placeOf, StreamInferError } from '../base/index.js';
import type { LaneFrame } from './algo.js';

/** A frame of packed pixels. */
export type PixelFrame = LaneFrame & { readonly kind: 'pixels' };

/** The frame, which an algo that asked for pixels has. */
export function pixelsOf(frame: LaneFrame): PixelFrame {
  if (frame.kind === 'pixels') return frame;
  throw new StreamInferError('INTERNAL', 'an algo that wants pixels got a tensor');
}

/** Which frame it is, as users read it: times in seconds. */
export function headOf({ info, width, height, crop }: PixelFrame): Pick<Frame, 'index' | 'sourceIndex' | 'pts' | 'width' | 'height' | 'crop'> {
  return { index: info.index, sourceIndex: info.sourceIndex, pts: info.ptsUs / 1e6, width, height, ...placeOf(crop) };
}
