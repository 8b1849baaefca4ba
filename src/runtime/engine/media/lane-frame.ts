import type { FrameNeed, LaneFrame } from '../../algo/index.js';
import { bytesPerPixel } from '../../base/index.js';
import type { Picture, Stage } from '../../media/index.js';
import { letterboxOfFrame, tensorBytes } from '../../vision/index.js';

/** What a lane's frame is made of. The picture stays the caller's. */
export type LaneFrameSource = Pick<LaneFrame, 'info' | 'stream' | 'crop'> & {
  /** With `crop` the part that was cut out. */
  readonly picture: Picture;
  /** Size and format that the producer gives it; of a crop its own size. */
  readonly stage: Stage;
};

/** The picture as an algo wants it, in memory that `allocate` gives (at least so many bytes). */
export function makeLaneFrame(needs: FrameNeed, source: LaneFrameSource, allocate: (bytes: number) => ArrayBuffer = (bytes) => new ArrayBuffer(bytes)): LaneFrame {
  const { picture, stage, info, stream, crop } = source;
  const about = { info, ...(stream && { stream }), ...(crop && { crop }) };
  if (needs.kind === 'tensor') {
    const data = allocate(tensorBytes(needs.spec));
    const letterbox = picture.toTensor(needs.spec, stage, data);
    return { kind: 'tensor', ...about, letterbox: crop ? letterboxOfFrame(letterbox, crop) : letterbox, data };
  }
  const size = { ...pixelSize(needs, picture, stage), format: needs.format ?? stage.format };
  const data = allocate(size.width * size.height * bytesPerPixel(size.format));
  picture.toPixels(size, new Uint8Array(data));
  return { kind: 'pixels', ...about, ...size, data };
}

type Size = { readonly width: number; readonly height: number };

function pixelSize(needs: FrameNeed & { kind: 'pixels' }, picture: Size, stage: Size): Size {
  if (needs.maxSide !== undefined) {
    const scale = Math.min(1, needs.maxSide / Math.max(picture.width, picture.height));
    return { width: wholeSide(picture.width * scale), height: wholeSide(picture.height * scale) };
  }
  const width = needs.width ?? stage.width;
  return { width, height: needs.height ?? wholeSide((stage.height * width) / stage.width) };
}

function wholeSide(side: number): number {
  return Math.max(1, Math.round(side));
}
