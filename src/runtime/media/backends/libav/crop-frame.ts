import type { Frame } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { Region } from '../../../vision/index.js';
import type { Libav } from './libav.js';
import { type PlaneLayout, planeLayouts } from './plane-layout.js';
import type { Scaled, Scaler } from './scaler.js';

/** A part of a frame, in memory of its own, and where it lies. */
export type FrameCrop = { readonly frame: Frame; readonly region: Region };

/**
 * A copy of a frame's part: node-av has none of AVFrame's fields for cropping. `region` lies in the frame, as stored; it is widened to
 * whole groups of chroma samples. Frames of a rare format are converted to RGB first, all of them.
 */
export function cropFrame(source: Scaled, region: Region, { av, scaler }: { readonly av: Libav; readonly scaler: Scaler }): FrameCrop {
  const { width, height, strides } = source;
  const layouts = planeLayouts(av.avGetPixFmtName(source.frame.format as Parameters<Libav['avGetPixFmtName']>[0]) ?? '');
  if (layouts === undefined || layouts.some((_, i) => (strides[i] ?? 0) <= 0)) {
    return cropFrame(scaler.scale(source.frame, { width, height, format: av.AV_PIX_FMT_GBRP, flags: av.SWS_AREA }), region, { av, scaler });
  }
  const place = widened(region, source, layouts);
  const frame = new av.Frame();
  frame.alloc();
  frame.width = place.width;
  frame.height = place.height;
  frame.format = source.frame.format;
  frame.copyProps(source.frame);
  if (frame.getBuffer(0) < 0) throw new StreamInferError('SOURCE_READ_FAILED', `no memory for a crop of ${place.width}×${place.height}`);
  const [planes, linesize] = [frame.data ?? [], frame.linesize];
  layouts.forEach((layout, i) => {
    copyPlane({ data: source.planes[i], stride: strides[i] ?? 0 }, { data: planes[i], stride: linesize[i] ?? 0 }, { layout, place });
  });
  return { frame, region: place };
}

/** As far as groups of samples reach that it takes part of; at the frame's border they may be cut. */
function widened({ x, y, width, height }: Region, frame: { readonly width: number; readonly height: number }, layouts: readonly PlaneLayout[]): Region {
  const stepX = 2 ** Math.max(...layouts.map(({ shiftX }) => shiftX));
  const stepY = 2 ** Math.max(...layouts.map(({ shiftY }) => shiftY));
  const [left, top] = [Math.floor(x / stepX) * stepX, Math.floor(y / stepY) * stepY];
  const right = Math.min(frame.width, Math.ceil((x + width) / stepX) * stepX);
  const bottom = Math.min(frame.height, Math.ceil((y + height) / stepY) * stepY);
  return { x: left, y: top, width: right - left, height: bottom - top };
}

type Rows = { readonly data: Buffer | undefined; readonly stride: number };

function copyPlane(from: Rows, to: Rows, { layout: { bytes, shiftX, shiftY }, place }: { readonly layout: PlaneLayout; readonly place: Region }): void {
  if (!from.data || !to.data) throw new StreamInferError('INTERNAL', 'a frame lacks one of its planes');
  const rowBytes = Math.ceil(place.width / 2 ** shiftX) * bytes;
  let start = (place.y >> shiftY) * from.stride + (place.x >> shiftX) * bytes;
  for (let row = 0; row < Math.ceil(place.height / 2 ** shiftY); row += 1) {
    from.data.copy(to.data, row * to.stride, start, start + rowBytes);
    start += from.stride;
  }
}
