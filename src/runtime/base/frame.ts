/** Order and layout of a frame's bytes, by FFmpeg's names; all of them packed, one plane. */
export const PIXEL_FORMATS = ['bgr24', 'rgb24', 'gray8', 'rgba'] as const;
export type PixelFormat = (typeof PIXEL_FORMATS)[number];

const BYTES_A_PIXEL: Readonly<Record<PixelFormat, number>> = { bgr24: 3, rgb24: 3, gray8: 1, rgba: 4 };

/** Bytes that one pixel takes in `format`. */
export function bytesPerPixel(format: PixelFormat): number {
  return BYTES_A_PIXEL[format];
}

/** Which frame of which moment: goes with every frame and every result. */
export type FrameInfo = {
  /** Number in the order delivered by the producer, from 1; what scheduling counts. */
  readonly index: number;
  /** Number in the source, from 0. */
  readonly sourceIndex: number;
  /** Presentation time in whole microseconds from the start of the stream. */
  readonly ptsUs: number;
  /** Width of the source's frame in pixels, as displayed (rotation applied). Boxes are in these pixels. */
  readonly width: number;
  /** Height of the source's frame in pixels, as displayed. */
  readonly height: number;
};

/** One picture as an algo gets it: packed pixels of the producer's size and format. The receiver owns `data`. */
export type Frame = {
  /** Number in the order delivered, from 1. */
  readonly index: number;
  /** Number in the source, from 0. */
  readonly sourceIndex: number;
  /** Presentation time in seconds from the start of the stream. */
  readonly pts: number;
  /** The same as `pts`: seconds, what users see and type. */
  readonly position: number;
  /** Pixels a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  readonly format: PixelFormat;
  /** Bytes from one row to the next, at least width × bytes a pixel. */
  readonly strideBytes: number;
  readonly data: Uint8Array;
  /** Only for algos on crops: where in the source's frame it lies, in pixels of that; x there is xmin + x here. */
  readonly crop?: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
};

/** As a field of a frame: which part of the source's frame it is; nothing where it is all of it. */
export function placeOf(crop: { readonly x: number; readonly y: number; readonly width: number; readonly height: number } | undefined): Pick<Frame, 'crop'> {
  return crop === undefined ? {} : { crop: { xmin: crop.x, ymin: crop.y, xmax: crop.x + crop.width, ymax: crop.y + crop.height } };
}

/**
 * What is wrong with a frame of a user's own: a size that is none, rows shorter than their pixels, less data than rows.
 * Undefined where all is well. Who reads or writes a frame's pixels asks first: beside its memory they would be black
 * or another row's.
 */
export function frameFault(frame: Frame): string | undefined {
  const { width, height, format, strideBytes, data } = frame;
  if (!PIXEL_FORMATS.includes(format)) return `expected one of the formats ${PIXEL_FORMATS.join(', ')}, got ${format}`;
  const rowBytes = width * bytesPerPixel(format);
  const isSized = Number.isInteger(width) && Number.isInteger(height) && width >= 1 && height >= 1 && Number.isInteger(strideBytes) && strideBytes >= rowBytes;
  if (isSized && data instanceof Uint8Array && data.length >= strideBytes * (height - 1) + rowBytes) return undefined;
  const bytes = data instanceof Uint8Array ? `${data.length} bytes` : 'no Uint8Array';
  return `expected ${width}x${height} pixels of ${format} in rows of ${strideBytes} bytes, got ${bytes}`;
}
