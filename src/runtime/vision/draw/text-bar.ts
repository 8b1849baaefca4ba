import type { Canvas } from './canvas.js';
import { drawGlyphs } from './draw-text.js';
import type { Drawable } from './drawable.js';
import { fillRect } from './fill-rect.js';
import { GLYPH_ADVANCE, GLYPH_HEIGHT, type GlyphRun, glyphsOf } from './font.js';
import { type Color, contrastingInk } from './palette.js';

/** Dots around a label's text. The descenders' two rows are room enough below. */
const PAD = { left: 2, right: 1, top: 2 };
/** Labels are cut here before anything is done with them, so that a hostile one costs no more than another. */
const MAX_LABEL_LENGTH = 200;

export type BarStyle = { /** Pixels a dot of the font. */ readonly scale: number; readonly color: Color };

/** Height of a bar in pixels. */
export function barHeight(scale: number): number {
  return (PAD.top + GLYPH_HEIGHT) * scale;
}

/** Writes label, track and score on a bar of the colour, moved so far that it is in the picture; nothing where there is nothing to write. */
export function drawTextBar(canvas: Canvas, item: Drawable, { left, top, style }: { readonly left: number; readonly top: number; readonly style: BarStyle }): void {
  const { scale, color } = style;
  const glyphs = labelGlyphs(item, Math.floor((canvas.width / scale - PAD.left - PAD.right) / GLYPH_ADVANCE));
  if (glyphs.length === 0) return;
  const width = (PAD.left + glyphs.length * GLYPH_ADVANCE + PAD.right) * scale;
  const x = clamp(left, 0, Math.max(0, canvas.width - width));
  const y = clamp(top, 0, Math.max(0, canvas.height - barHeight(scale)));
  fillRect(canvas, { left: x, top: y, right: x + width, bottom: y + barHeight(scale) }, color);
  drawGlyphs(canvas, glyphs, { x: x + PAD.left * scale, y: y + PAD.top * scale, scale, ink: contrastingInk(color) });
}

/** Label, track and score in at most `room` characters; the label is shortened first. */
function labelGlyphs(item: Drawable, room: number): (readonly GlyphRun[])[] {
  const track = Number.isFinite(item.trackId) ? ` #${String(item.trackId)}` : '';
  const score = item.score !== null && Number.isFinite(item.score) ? ` ${item.score.toFixed(2)}` : '';
  const label = glyphsOf(item.label.slice(0, MAX_LABEL_LENGTH).trim());
  const tail = glyphsOf(label.length > 0 ? track + score : (track + score).trimStart());
  const labelRoom = room - tail.length;
  if (label.length <= labelRoom) return [...label, ...tail];
  if (labelRoom < 3) return label.slice(0, Math.max(0, room));
  return [...label.slice(0, labelRoom - 2), ...glyphsOf('..'), ...tail];
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}
