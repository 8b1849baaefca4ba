import type { Canvas } from './canvas.js';
import { clipRect } from './fill-rect.js';
import { GLYPH_ADVANCE, type GlyphRun } from './font.js';
import type { Ink } from './palette.js';

/** Where and how text is written. */
export type TextPlace = {
  /** Top left corner in pixels; may lie outside of the picture, what does not fit is left out. */
  readonly x: number;
  readonly y: number;
  /** Pixels a dot of the font, whole, from 1. A character takes 6 × 9 dots. */
  readonly scale: number;
  readonly ink: Ink;
};

/** Writes one line of text, characters of the font (`glyphsOf`), into the picture. */
export function drawGlyphs(canvas: Canvas, glyphs: readonly (readonly GlyphRun[])[], place: TextPlace): void {
  const { scale, y, ink } = place;
  const advance = GLYPH_ADVANCE * scale;
  glyphs.forEach((runs, i) => {
    const x = place.x + i * advance;
    if (x >= canvas.width || x + advance <= 0) return;
    for (const { row, from, to } of runs) {
      const dots = clipRect(canvas, { left: x + from * scale, top: y + row * scale, right: x + to * scale, bottom: y + (row + 1) * scale });
      if (dots) canvas.write(dots, ink);
    }
  });
}
