import type { Canvas } from './canvas.js';

/** Pixels of lines, dots and a letter's dots. */
export type Sizes = { readonly line: number; readonly dot: number; readonly letter: number };

/** They grow with the picture. */
export function sizesFor(canvas: Pick<Canvas, 'width' | 'height'>): Sizes {
  const shorterPx = Math.min(canvas.width, canvas.height);
  const line = Math.max(1, Math.round(shorterPx / 200));
  return { line, dot: 2 * line + 1, letter: Math.max(1, Math.round(shorterPx / 270)) };
}
