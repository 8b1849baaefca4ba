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
  for (let x = 0; x < width; x++) {
    for (const outline of outlines) {
      const crossings: number[] = [];
      for (let i = 0; i < outline.length; i += 2) {
        const [x1 = 0, y1 = 0] = outline.slice(i, i + 2);
        const [x2 = 0, y2 = 0] = i + 2 < outline.length ? outline.slice(i + 2, i + 4) : outline;
        if (x1 <= x + 0.5 !== x2 <= x + 0.5) crossings.push(y1 + ((x + 0.5 - x1) / (x2 - x1)) * (y2 - y1));
      }
      crossings.sort((a, b) => a - b);
      for (let i = 0; i + 1 < crossings.length; i += 2) {
        const from = Math.max(0, Math.ceil((crossings[i] ?? 0) - 0.5));
        const to = Math.min(height, Math.ceil((crossings[i + 1] ?? 0) - 0.5));
        if (to > from) mask.fill(1, x * height + from, x * height + to);
      }
    }
  }
  return mask;
}
