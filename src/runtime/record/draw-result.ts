import type { AlgoResult, Frame } from '../base/index.js';
import { drawOnFrame } from '../vision/index.js';
import { toOverlay } from './overlay.js';

/**
 * Draws what an algo has seen into a frame, in place, as a recording has it (but for trails), scaled from the source's size
 * to the frame's. A result without anything that can be drawn (see `toOverlay`) draws nothing. Throws `OPTION_INVALID`
 * for a frame whose data does not hold its pixels.
 */
export function drawResult(frame: Frame, result: Pick<AlgoResult, 'algo' | 'result'> & { readonly frame: { readonly width: number; readonly height: number } }): void {
  const overlay = toOverlay(result.algo, result.result);
  if (overlay !== undefined) drawOnFrame(frame, overlay.items, result.frame);
}
