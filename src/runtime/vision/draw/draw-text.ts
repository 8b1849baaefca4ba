import type { YuvPlanes } from '../yuv-planes.js';
import { GLYPH_ADVANCE, type GlyphRun, glyphsOf } from './font.js';

/** Where and how text is written. */
export type TextPlace = {
  /** Top left corner in pixels; may lie outside of the picture, what does not fit is left out. */
  readonly x: number;
  readonly y: number;
  /** Pixels a dot of the font, whole, from 1. A character takes 6 × 9 dots. */
  readonly scale: number;
  /** Brightness, 16 black … 235 white. Only brightness is written: the colour stays that of the ground. */
  readonly luma: number;
};

/**
 * Writes one line of text into the picture. ASCII is written as it is, accents are left out, and other characters
 * (Chinese, emoji …) become an empty box: the font has no more than that.
 */
export function drawText(picture: YuvPlanes, text: string, place: TextPlace): void {
  drawGlyphs(picture, glyphsOf(text), place);
}

/** `drawText` for text that is characters of the font already. */
export function drawGlyphs(picture: YuvPlanes, glyphs: readonly (readonly GlyphRun[])[], place: TextPlace): void {
  const advance = GLYPH_ADVANCE * place.scale;
  glyphs.forEach((runs, i) => {
    const x = place.x + i * advance;
    if (x >= picture.width || x + advance <= 0) return;
    const at = { ...place, x };
    for (const run of runs) drawRun(picture, run, at);
  });
}

function drawRun(picture: YuvPlanes, run: GlyphRun, place: TextPlace): void {
  const { scale } = place;
  const from = Math.max(0, place.x + run.from * scale);
  const to = Math.min(picture.width, place.x + run.to * scale);
  const top = Math.max(0, place.y + run.row * scale);
  const bottom = Math.min(picture.height, place.y + (run.row + 1) * scale);
  if (from >= to) return;
  for (let y = top; y < bottom; y++) picture.planes[0].fill(place.luma, y * picture.strides[0] + from, y * picture.strides[0] + to);
}
