/** How a yuv420p frame lies in one piece of memory: Y, U, V without gaps, chroma sides rounded up. */
export type FrameLayout = {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Samples of a chroma plane. */
  readonly chromaWidth: number;
  readonly chromaHeight: number;
  readonly bytes: number;
};

/** The layout that FFmpeg's rawvideo gives a frame of that size. */
export function layoutOf({ width, height }: { readonly width: number; readonly height: number }): FrameLayout {
  const chromaWidth = Math.ceil(width / 2);
  const chromaHeight = Math.ceil(height / 2);
  return { width, height, chromaWidth, chromaHeight, bytes: width * height + 2 * chromaWidth * chromaHeight };
}

/** Rows of 8-bit samples, `stride` bytes apart. */
export type Plane = { readonly data: Uint8Array; readonly width: number; readonly height: number; readonly stride: number };

/** Views of Y, U and V in `memory`. */
export function planesOf(layout: FrameLayout, memory: Uint8Array): readonly [Plane, Plane, Plane] {
  const { width, height, chromaWidth, chromaHeight } = layout;
  const luma = width * height;
  const chroma = chromaWidth * chromaHeight;
  const chromaAt = (from: number): Plane => ({ data: memory.subarray(from, from + chroma), width: chromaWidth, height: chromaHeight, stride: chromaWidth });
  return [{ data: memory.subarray(0, luma), width, height, stride: width }, chromaAt(luma), chromaAt(luma + chroma)];
}

/** Pieces of memory given back are kept for the next frames: a 1080p frame is 3 MB, too much to leave to the collector each time. */
const KEPT = 6;

/** Memory for the frames of one decoder. */
export class FramePool {
  readonly #bytes: number;
  readonly #free: Uint8Array[] = [];

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  lease(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(this.#bytes);
  }

  giveBack(memory: Uint8Array): void {
    if (this.#free.length < KEPT) this.#free.push(memory);
  }
}
