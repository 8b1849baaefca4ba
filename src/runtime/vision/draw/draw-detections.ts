import { type Detection, type Frame, frameFault, StreamInferError } from '../../base/index.js';
import type { YuvPlanes } from '../yuv-planes.js';
import type { Canvas, PixelRect } from './canvas.js';
import { drawGlyphs } from './draw-text.js';
import { fillRect, strokeRect } from './fill-rect.js';
import { GLYPH_ADVANCE, GLYPH_HEIGHT, type GlyphRun, glyphsOf } from './font.js';
import { frameCanvas } from './frame-canvas.js';
import { classColor, contrastingInk } from './palette.js';
import { yuvCanvas } from './yuv-canvas.js';

/** Pixels of the picture for one pixel of the source, in which boxes are given. */
export type DrawScale = { readonly scaleX: number; readonly scaleY: number };

/** Dots around a label's text. The descenders' two rows are room enough below. */
const PAD = { left: 2, right: 1, top: 2 };

/** Labels are cut here before anything is done with them, so that a hostile one costs no more than another. */
const MAX_LABEL_LENGTH = 200;

/**
 * Draws the detections into the picture, in place: a box and "person 0.87" in the colour of the class ("person #3 0.87"
 * with a track). Lines and letters grow with the picture. The first detection ends on top. A box that sticks out is
 * drawn along the picture's border; one without numbers, turned inside out or all outside is left out. Labels stay
 * inside the picture and are shortened to fit; see `glyphsOf` for what they can spell.
 */
export function drawDetections(picture: YuvPlanes, detections: readonly Detection[], place: DrawScale): void {
  drawOnCanvas(yuvCanvas(picture), detections, place);
}

/**
 * Draws the detections into the frame's pixels, in place, as `drawDetections` does into a video's planes. Boxes are in
 * pixels of a picture of `source`'s size; without it, in pixels of the frame. In `gray8` colours are shades, in `rgba`
 * what is drawn is opaque. Throws `OPTION_INVALID` for a frame whose data does not hold its pixels.
 */
export function drawOnFrame(frame: Frame, detections: readonly Detection[], source: { readonly width: number; readonly height: number } = frame): void {
  const fault = frameFault(frame);
  if (fault !== undefined) throw new StreamInferError('OPTION_INVALID', `frame: ${fault}`);
  drawOnCanvas(frameCanvas(frame), detections, { scaleX: frame.width / source.width, scaleY: frame.height / source.height });
}

function drawOnCanvas(canvas: Canvas, detections: readonly Detection[], place: DrawScale): void {
  const shorterPx = Math.min(canvas.width, canvas.height);
  const thickness = Math.max(1, Math.round(shorterPx / 200));
  const scale = Math.max(1, Math.round(shorterPx / 270));
  const visible = detections.flatMap((detection) => {
    const rect = visibleRect(canvas, detection.box, place);
    return rect ? [{ detection, rect, color: classColor(detection.classId) }] : [];
  });
  visible.reverse();
  for (const { rect, color } of visible) strokeRect(canvas, rect, { thickness, color });
  for (const { detection, rect, color } of visible) {
    const glyphs = labelGlyphs(detection, Math.floor((canvas.width / scale - PAD.left - PAD.right) / GLYPH_ADVANCE));
    if (glyphs.length === 0) continue;
    const bar = barRect(canvas, rect, { width: barWidth(glyphs.length) * scale, height: (PAD.top + GLYPH_HEIGHT) * scale });
    fillRect(canvas, bar, color);
    drawGlyphs(canvas, glyphs, { x: bar.left + PAD.left * scale, y: bar.top + PAD.top * scale, scale, ink: contrastingInk(color) });
  }
}

function visibleRect(canvas: Canvas, box: Detection['box'], place: DrawScale): PixelRect | undefined {
  if (!(box.xmax >= box.xmin && box.ymax >= box.ymin)) return undefined;
  const [xmin, xmax] = [box.xmin * place.scaleX, box.xmax * place.scaleX];
  const [ymin, ymax] = [box.ymin * place.scaleY, box.ymax * place.scaleY];
  if (!(xmax > 0 && ymax > 0 && xmin < canvas.width && ymin < canvas.height)) return undefined;
  // What is smaller than a pixel still gets one.
  const left = clamp(Math.round(xmin), 0, canvas.width - 1);
  const top = clamp(Math.round(ymin), 0, canvas.height - 1);
  return { left, top, right: clamp(Math.round(xmax), left + 1, canvas.width), bottom: clamp(Math.round(ymax), top + 1, canvas.height) };
}

/** Above the box, or where there is no room, in its upper left corner; moved so far that it is in the picture. */
function barRect(canvas: Canvas, box: PixelRect, size: { readonly width: number; readonly height: number }): PixelRect {
  const left = clamp(box.left, 0, Math.max(0, canvas.width - size.width));
  const above = box.top - size.height;
  const top = above >= 0 ? above : clamp(box.top, 0, Math.max(0, canvas.height - size.height));
  return { left, top, right: left + size.width, bottom: top + size.height };
}

function barWidth(characters: number): number {
  return PAD.left + characters * GLYPH_ADVANCE + PAD.right;
}

/** Label, track and score in at most `room` characters; the label is shortened first. */
function labelGlyphs(detection: Detection, room: number): (readonly GlyphRun[])[] {
  const track = Number.isFinite(detection.trackId) ? ` #${String(detection.trackId)}` : '';
  const score = Number.isFinite(detection.score) ? ` ${detection.score.toFixed(2)}` : '';
  const label = glyphsOf(detection.label.slice(0, MAX_LABEL_LENGTH).trim());
  const tail = glyphsOf(label.length > 0 ? track + score : (track + score).trimStart());
  const labelRoom = room - tail.length;
  if (label.length <= labelRoom) return [...label, ...tail];
  if (labelRoom < 3) return label.slice(0, Math.max(0, room));
  return [...label.slice(0, labelRoom - 2), ...glyphsOf('..'), ...tail];
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
