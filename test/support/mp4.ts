import { readFileSync } from 'node:fs';

export type TopBox = { readonly type: string; readonly at: number; readonly end: number };

/** The outermost boxes of an mp4, which reach beyond its end where it is cut off. */
export function topBoxes(bytes: Buffer): TopBox[] {
  const boxes: TopBox[] = [];
  for (let at = 0; at + 8 <= bytes.length;) {
    const short = bytes.readUInt32BE(at);
    const length = short === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : short;
    if (length < 8) throw new Error(`a box of ${length} bytes at ${at}`);
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), at, end: at + length });
    at += length;
  }
  return boxes;
}

/** Their letters, in a file. */
export function boxTypes(path: string): string[] {
  return topBoxes(readFileSync(path)).map(({ type }) => type);
}
