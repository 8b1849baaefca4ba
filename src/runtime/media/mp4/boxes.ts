/*
 * Boxes of ISO/IEC 14496-12: 4 bytes of length (itself included; 1: the length follows in 8 bytes), 4 letters, content.
 */

/** A box in memory: its letters, and its content. */
export type Box = { readonly type: string; readonly content: Buffer };

/** What a box's first bytes say; undefined where they are none: too few, or a length that cannot be. `bytes` is that of the whole box. */
export function boxHeader(head: Buffer): { readonly type: string; readonly headerBytes: number; readonly bytes: number } | undefined {
  if (head.length < 8) return undefined;
  const type = head.toString('latin1', 4, 8);
  const short = head.readUInt32BE(0);
  if (short !== 1) return short < 8 ? undefined : { type, headerBytes: 8, bytes: short };
  if (head.length < 16) return undefined;
  const bytes = Number(head.readBigUInt64BE(8));
  return bytes < 16 || !Number.isSafeInteger(bytes) ? undefined : { type, headerBytes: 16, bytes };
}

/** The boxes that `content` consists of, up to the first that is broken. */
export function boxesIn(content: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at < content.length;) {
    const header = boxHeader(content.subarray(at));
    if (header === undefined || at + header.bytes > content.length) break;
    boxes.push({ type: header.type, content: content.subarray(at + header.headerBytes, at + header.bytes) });
    at += header.bytes;
  }
  return boxes;
}

/** The content of the first box at the end of that path; undefined: there is none. */
export function contentAt(content: Buffer, ...path: readonly string[]): Buffer | undefined {
  let found: Buffer | undefined = content;
  for (const type of path) found = found && boxesIn(found).find((box) => box.type === type)?.content;
  return found;
}

/** A whole box of at most 4 GiB. */
export function makeBox(type: string, ...content: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(content.reduce((sum, { length }) => sum + length, 8), 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}

/** `values` as 32-bit numbers, unsigned or in two's complement. */
export function words(...values: readonly number[]): Buffer {
  return packWords(values.length, (index) => values[index] as number);
}

/** `count` numbers of 32 bits. */
export function packWords(count: number, valueOf: (index: number) => number): Buffer {
  const packed = Buffer.alloc(count * 4);
  for (let index = 0; index < count; index += 1) packed.writeUInt32BE(valueOf(index) >>> 0, index * 4);
  return packed;
}

/** `values` as 64-bit numbers. */
export function longs(...values: readonly number[]): Buffer {
  return packLongs(values.length, (index) => values[index] as number);
}

/** `count` numbers of 64 bits. */
export function packLongs(count: number, valueOf: (index: number) => number): Buffer {
  const packed = Buffer.alloc(count * 8);
  for (let index = 0; index < count; index += 1) packed.writeBigUInt64BE(BigInt(valueOf(index)), index * 8);
  return packed;
}
