import { type Frame, frameFault } from '../base/index.js';
import { drawAreas, drawDetections, drawTrails, type Trail, type YuvPlanes } from '../vision/index.js';
import type { Overlay } from './overlay.js';

export type Size = { readonly width: number; readonly height: number };

/** Draws what was seen in a source of that size into the planes. */
export function drawOverlays(planes: YuvPlanes, overlays: readonly Overlay[], { source, trails }: { readonly source: Size; readonly trails: readonly Trail[] }): void {
  const scale = { scaleX: planes.width / source.width, scaleY: planes.height / source.height };
  for (const { areas = [] } of overlays) drawAreas(planes, areas);
  drawTrails(planes, trails, scale);
  for (const { items } of overlays) drawDetections(planes, items, scale);
}

/** Why a frame cannot be recorded into those planes; a hook may give anything. */
export function pixelsFault(frame: Frame, planes?: YuvPlanes): string | undefined {
  const { width, height } = frame;
  const fault = frameFault(frame) ?? (Math.min(width, height) < 2 ? `expected at least 2x2 pixels, got ${width}x${height}` : undefined);
  if (fault !== undefined) return `frame: ${fault}`;
  if (planes === undefined || (even(width) === planes.width && even(height) === planes.height)) return undefined;
  return `the recording is ${planes.width}x${planes.height}, got a frame of ${width}x${height}`;
}

/** H.264 in 4:2:0 takes even sides only. */
function even(side: number): number {
  return Math.max(2, Math.floor(side / 2) * 2);
}
