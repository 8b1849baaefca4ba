/** Pixels of a compressed run-length mask, column by column: COCO's format read anew, to test what writes it. */
export function decodeRle(counts: string, pixels: number): Uint8Array {
  const lengths: number[] = [];
  for (let at = 0; at < counts.length; ) {
    let [value, shift, group] = [0, 0, 0x20];
    while (group & 0x20) {
      group = counts.charCodeAt(at++) - 48;
      value += (group & 0x1f) * 2 ** shift;
      shift += 5;
    }
    if (group & 0x10) value -= 2 ** shift;
    lengths.push(lengths.length > 2 ? value + (lengths.at(-2) ?? 0) : value);
  }
  const mask = new Uint8Array(pixels);
  let at = 0;
  lengths.forEach((length, i) => {
    if (i % 2 === 1) mask.fill(1, at, at + length);
    at += length;
  });
  if (at !== pixels) throw new Error(`the runs have ${at} pixels of ${pixels}`);
  return mask;
}

/** Intersection over union of two masks. */
export function maskIou(a: Uint8Array, b: Uint8Array): number {
  let [both, either] = [0, 0];
  a.forEach((value, i) => {
    both += value & (b[i] ?? 0);
    either += value | (b[i] ?? 0);
  });
  return either === 0 ? 1 : both / either;
}

/** Pixels whose centres lie within an outline x1, y1, x2, y2 … (even-odd), column by column. */
export function fillOutlines(outlines: readonly (readonly number[])[], { width, height }: { readonly width: number; readonly height: number }): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (const outline of outlines) {
    for (let x = 0; x < width; x++) {
      const column = mask.subarray(x * height, (x + 1) * height);
      fillBetween(column, crossingsAt(outline, x + 0.5));
    }
  }
  return mask;
}

function fillBetween(column: Uint8Array, crossings: readonly number[]): void {
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const [from, to] = [crossings[i] ?? 0, crossings[i + 1] ?? 0].map((y) => Math.max(0, Math.ceil(y - 0.5)));
    column.fill(1, from, to);
  }
}

/** Heights at which an outline crosses a vertical line, rising. */
function crossingsAt(outline: readonly number[], x: number): number[] {
  const crossings: number[] = [];
  for (let i = 0; i < outline.length; i += 2) {
    const [x1 = 0, y1 = 0] = outline.slice(i, i + 2);
    const [x2 = 0, y2 = 0] = outline.slice((i + 2) % outline.length, ((i + 2) % outline.length) + 2);
    if (x1 <= x !== x2 <= x) crossings.push(y1 + ((x - x1) / (x2 - x1)) * (y2 - y1));
  }
  return crossings.sort((a, b) => a - b);
}
