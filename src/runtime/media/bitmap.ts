/** Bytes of the two headers, BITMAPFILEHEADER and BITMAPINFOHEADER. */
const HEADERS = 14 + 40;

/**
 * A BMP file of packed bgr24 pixels, which are its own form: rows are top to bottom where the height in the header is negative, and take a
 * multiple of 4 bytes each, so that `width` must be one of 4.
 */
export function bitmapOf({ width, height }: { readonly width: number; readonly height: number }, bgr24: Uint8Array): Uint8Array {
  const file = Buffer.alloc(HEADERS + bgr24.length);
  file.write('BM', 'latin1');
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(HEADERS, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(width, 18);
  file.writeInt32LE(-height, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  file.set(bgr24, HEADERS);
  return file;
}
