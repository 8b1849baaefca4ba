import type { Frame } from '../../base/index.js';
import type { YuvPlanes } from '../yuv-planes.js';
import type { Canvas } from './canvas.js';
import { sizesFor } from './canvas-sizes.js';
import { frameCanvas } from './frame-canvas.js';
import { type Dot, type Pen, strokeLine, strokeRing } from './line.js';
import { SIGN_COLOR } from './palette.js';
import { drawTextBar } from './text-bar.js';
import { yuvCanvas } from './yuv-canvas.js';

/** A part of the picture that has a name. Places are in parts of its width and height from its top left, 0…1. */
export type Area = {
  /** Empty: not written. */
  readonly name: string;
  /** Corners of a polygon, or where a line begins and ends. */
  readonly places: readonly (readonly [x: number, y: number])[];
};

/** Draws polygons, and lines with an arrow to their right, with their names into a video's planes, in place. */
export function drawAreas(picture: YuvPlanes, areas: readonly Area[]): void {
  drawOnCanvas(yuvCanvas(picture), areas);
}

/** The same into a frame's pixels. The frame is whole: see `frameFault`. */
export function drawAreasOnFrame(frame: Frame, areas: readonly Area[]): void {
  drawOnCanvas(frameCanvas(frame), areas);
}

function drawOnCanvas(canvas: Canvas, areas: readonly Area[]): void {
  const { line, letter } = sizesFor(canvas);
  const pen = { thickness: line, color: SIGN_COLOR };
  for (const { name, places } of areas) {
    const [start, end, ...more] = places.map(([x, y]): Dot => ({ x: x * (canvas.width - 1), y: y * (canvas.height - 1) }));
    if (start === undefined || end === undefined) continue;
    if (more.length > 0) strokeRing(canvas, [start, end, ...more], pen);
    else strokeCrossing(canvas, [start, end], pen);
    drawTextBar(canvas, { label: name, score: null, classId: 0 }, { left: Math.round(start.x), top: Math.round(start.y), style: { scale: letter, color: SIGN_COLOR } });
  }
}

/** A line, and from its middle an arrow to the side that is `in`. */
function strokeCrossing(canvas: Canvas, [start, end]: readonly [Dot, Dot], pen: Pen): void {
  const length = Math.hypot(end.x - start.x, end.y - start.y);
  const size = Math.min(length, 12 * pen.thickness) / length;
  // along the line, and to its right: y points down
  const [along, right] = [{ x: (end.x - start.x) * size, y: (end.y - start.y) * size }, { x: (start.y - end.y) * size, y: (end.x - start.x) * size }];
  const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
  const tip = { x: middle.x + right.x, y: middle.y + right.y };
  strokeLine(canvas, [start, end], pen);
  strokeLine(canvas, [middle, tip], pen);
  for (const back of [-1, 1]) strokeLine(canvas, [tip, { x: tip.x - right.x / 2 + (back * along.x) / 3, y: tip.y - right.y / 2 + (back * along.y) / 3 }], pen);
}
