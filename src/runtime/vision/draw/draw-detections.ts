import { type Frame, frameFault, StreamInferError } from '../../base/index.js';
import type { YuvPlanes } from '../yuv-planes.js';
import type { Canvas, PixelRect } from './canvas.js';
import { type Sizes, sizesFor } from './canvas-sizes.js';
import type { Drawable, Trail } from './drawable.js';
import { strokeRect } from './fill-rect.js';
import { frameCanvas } from './frame-canvas.js';
import { type Dot, fillDot, strokeLine, strokeRing } from './line.js';
import { tintRings } from './mask.js';
import { classColor, type Color } from './palette.js';
import { LIMBS } from './skeleton.js';
import { barHeight, drawTextBar } from './text-bar.js';
import { yuvCanvas } from './yuv-canvas.js';

/** Pixels of the picture for one pixel of the source, in which places are given. */
export type DrawScale = { readonly scaleX: number; readonly scaleY: number };

/** Keypoints that the model is less sure of are left out. */
const KEYPOINT_SCORE = 0.3;
/** The class of what is none, of which a picture is full: it is not tinted. */
const BACKGROUND = 'background';
/** Numbers of an element's outlines beyond this are left out, so that a hostile one costs no more than another. */
const MAX_OUTLINE_NUMBERS = 40_000;

/**
 * Draws what a model has found into the picture, in place, in the colour of each class: masks half transparent, boxes (at an
 * angle by their corners), keypoints and the limbs between those of COCO's names, "person 0.87" ("person #3 0.87" with a
 * track), and what is about the whole picture as lines of text in its upper left corner. Lines and letters grow with the
 * picture. The first element ends on top, of classes of the whole picture the smallest. A box that sticks out is drawn along
 * the picture's border; one without numbers, turned inside out or all outside is left out. Labels stay inside the picture and
 * are shortened to fit; see `glyphsOf` for what they can spell.
 */
export function drawDetections(picture: YuvPlanes, items: readonly Drawable[], place: DrawScale): void {
  drawOnCanvas(yuvCanvas(picture), items, place);
}

/** Draws the lines along which tracks have come into the picture, in place, in the colour of their classes. */
export function drawTrails(picture: YuvPlanes, trails: readonly Trail[], place: DrawScale): void {
  const canvas = yuvCanvas(picture);
  const { line } = sizesFor(canvas);
  for (const { classId, places } of trails) {
    const dots = places.map(({ x, y }) => toDot(x, y, place));
    dots.slice(1).forEach((dot, i) => { strokeLine(canvas, [dots[i] as Dot, dot], { thickness: line, color: classColor(classId) }); });
  }
}

/**
 * Draws what a model has found into the frame's pixels, in place, as `drawDetections` does into a video's planes. Places are
 * in pixels of a picture of `source`'s size; without it, in pixels of the frame. In `gray8` colours are shades. Throws
 * `OPTION_INVALID` for a frame whose data does not hold its pixels.
 */
export function drawOnFrame(frame: Frame, items: readonly Drawable[], source: { readonly width: number; readonly height: number } = frame): void {
  const fault = frameFault(frame);
  if (fault !== undefined) throw new StreamInferError('OPTION_INVALID', `frame: ${fault}`);
  drawOnCanvas(frameCanvas(frame), items, { scaleX: frame.width / source.width, scaleY: frame.height / source.height });
}

/** An element and where it goes in the picture. */
type Placed = {
  readonly item: Drawable;
  readonly color: Color;
  /** Absent: not in the picture, or about all of it. */
  readonly rect?: PixelRect;
  readonly rings: readonly (readonly Dot[])[];
};

function drawOnCanvas(canvas: Canvas, items: readonly Drawable[], place: DrawScale): void {
  const sizes = sizesFor(canvas);
  const placed = items.map((item) => placeItem(canvas, item, place)).reverse();
  // classes of the whole picture come the largest first; those that lie within it go on top
  for (const { rings, color } of [...placed.filter(({ item }) => !item.box).reverse(), ...placed.filter(({ item }) => item.box)]) tintRings(canvas, rings, color);
  for (const { item, rect, color } of placed) {
    if (!rect) continue;
    if (item.polygon) strokeRing(canvas, item.polygon.map(([x, y]) => toDot(x, y, place)), { thickness: sizes.line, color });
    else strokeRect(canvas, rect, { thickness: sizes.line, color });
    drawKeypoints(canvas, item, { place, sizes, color });
  }
  for (const { item, rect, color } of placed) if (rect) drawLabel(canvas, item, { rect, style: { scale: sizes.letter, color } });
  drawCorner(canvas, items, sizes.letter);
}

function placeItem(canvas: Canvas, item: Drawable, place: DrawScale): Placed {
  const rect = item.box && visibleRect(canvas, item.box, place);
  const isLeftOut = item.box ? !rect : item.label === BACKGROUND;
  const polygons = isLeftOut ? [] : (item.segmentation?.polygons ?? []);
  return { item, color: classColor(item.classId), rings: ringsOf(polygons, place), ...(rect && { rect }) };
}

function ringsOf(polygons: readonly (readonly number[])[], place: DrawScale): Dot[][] {
  let room = MAX_OUTLINE_NUMBERS;
  return polygons.map((numbers) => {
    const ring: Dot[] = [];
    for (let i = 0; i + 1 < numbers.length && room > 0; i += 2, room -= 2) ring.push(toDot(numbers[i] as number, numbers[i + 1] as number, place));
    return ring;
  });
}

function toDot(x: number, y: number, { scaleX, scaleY }: DrawScale): Dot {
  return { x: x * scaleX, y: y * scaleY };
}

function drawKeypoints(canvas: Canvas, { keypoints = [] }: Drawable, { place, sizes, color }: { readonly place: DrawScale; readonly sizes: Sizes; readonly color: Color }): void {
  const dots = new Map<string, Dot>();
  for (const { name, x, y, score = 1 } of keypoints) if (score >= KEYPOINT_SCORE) dots.set(name, toDot(x, y, place));
  for (const [one, other] of LIMBS) {
    const [from, to] = [dots.get(one), dots.get(other)];
    if (from && to) strokeLine(canvas, [from, to], { thickness: sizes.line, color });
  }
  for (const dot of dots.values()) fillDot(canvas, dot, { thickness: sizes.dot, color });
}

/** Above the box, or where there is no room, in its upper left corner. */
function drawLabel(canvas: Canvas, item: Drawable, { rect, style }: { readonly rect: PixelRect; readonly style: { readonly scale: number; readonly color: Color } }): void {
  const above = rect.top - barHeight(style.scale);
  drawTextBar(canvas, item, { left: rect.left, top: above >= 0 ? above : rect.top, style });
}

/** What is about the whole picture, line by line as far as there is room. */
function drawCorner(canvas: Canvas, items: readonly Drawable[], scale: number): void {
  const height = barHeight(scale);
  const room = Math.max(1, Math.floor(canvas.height / height));
  items.filter(({ box }) => box === undefined).slice(0, room).forEach((item, i) => {
    drawTextBar(canvas, item, { left: 0, top: i * height, style: { scale, color: classColor(item.classId) } });
  });
}

function visibleRect(canvas: Canvas, box: NonNullable<Drawable['box']>, place: DrawScale): PixelRect | undefined {
  if (!(box.xmax >= box.xmin && box.ymax >= box.ymin)) return undefined;
  const [xmin, xmax] = [box.xmin * place.scaleX, box.xmax * place.scaleX];
  const [ymin, ymax] = [box.ymin * place.scaleY, box.ymax * place.scaleY];
  if (!(xmax > 0 && ymax > 0 && xmin < canvas.width && ymin < canvas.height)) return undefined;
  // What is smaller than a pixel still gets one.
  const left = clamp(Math.round(xmin), 0, canvas.width - 1);
  const top = clamp(Math.round(ymin), 0, canvas.height - 1);
  return { left, top, right: clamp(Math.round(xmax), left + 1, canvas.width), bottom: clamp(Math.round(ymax), top + 1, canvas.height) };
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
