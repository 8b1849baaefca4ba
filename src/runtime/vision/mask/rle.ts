import type { Runs } from './mask-field.js';

/**
 * COCO's compressed run lengths: lengths of pixels outside and inside of the mask in turn, column by column, outside first; from
 * the fourth on each as the difference to the one two before; in groups of five bits, least first, a sixth bit set where more
 * follow, plus 48 as a character (pycocotools, common/maskApi.c, rleToString).
 */
export function encodeRle(runs: Runs, pixels: number): string {
  const counts: number[] = [];
  let at = 0;
  for (let i = 0; i < runs.length; i += 2) {
    const start = runs[i] as number;
    const length = runs[i + 1] as number;
    counts.push(start - at, length);
    at = start + length;
  }
  if (at < pixels || counts.length === 0) counts.push(pixels - at);
  return counts.map((count, i) => encodeNumber(i > 2 ? count - (counts[i - 2] as number) : count)).join('');
}

function encodeNumber(value: number): string {
  let text = '';
  for (let rest = value; ; ) {
    const group = rest & 0x1f;
    rest >>= 5;
    const isLast = group & 0x10 ? rest === -1 : rest === 0;
    text += String.fromCharCode((isLast ? group : group | 0x20) + 48);
    if (isLast) return text;
  }
}
