import { bytesPerPixel, type Frame } from '../base/index.js';
import type { Picture } from './backend.js';
import type { Stage } from './stage-size.js';

/** The `index`-th frame delivered (from 1), in memory of its own; the picture stays the caller's. */
export function makeFrame(picture: Picture, stage: Stage, index: number): Frame {
  const { width, height, format } = stage;
  const strideBytes = width * bytesPerPixel(format);
  const data = new Uint8Array(strideBytes * height);
  picture.toPixels(stage, data);
  const position = picture.ptsUs / 1e6;
  return { index, sourceIndex: picture.sourceIndex, pts: position, position, width, height, format, strideBytes, data };
}
