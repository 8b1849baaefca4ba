import { type BinaryPicture, findPatches, type Patch } from './patches.js';

/** Pixels a row of the small gray picture that motion is looked for in. */
export const MOTION_WIDTH = 160;

/** A small gray picture, a byte a pixel, row by row. */
export type GrayPicture = { readonly width: number; readonly height: number; readonly pixels: Uint8Array };

/** Where a picture differs from another one, or from an average of several. */
export type Change = {
  /** Brightness change of a pixel that counts, 1…255. */
  readonly threshold: number;
  /** 1 where it counts, 0 where nothing does; absent: everywhere. */
  readonly mask?: Uint8Array | undefined;
};

/** 1 where `picture` is off `before` by more than the threshold; as many pixels in both. */
export function changedPixels({ width, height, pixels }: GrayPicture, before: ArrayLike<number>, { threshold, mask }: Change): BinaryPicture {
  const changed = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 1) {
    if (mask?.[i] !== 0 && Math.abs((pixels[i] ?? 0) - (before[i] ?? 0)) > threshold) changed[i] = 1;
  }
  return { width, height, pixels: changed };
}

/** Patches of changed pixels of at least `minArea` parts of the picture, top to bottom; single pixels are noise. */
export function movingPatches(changed: BinaryPicture, minArea: number): Patch[] {
  const smallest = Math.max(1, minArea * changed.width * changed.height);
  return findPatches(withoutSpecks(changed)).filter(({ pixels }) => pixels >= smallest);
}

/** Each pixel as most of the nine around it are: single ones vanish, small holes close. The border is left empty. */
function withoutSpecks({ width, height, pixels }: BinaryPicture): BinaryPicture {
  const clean = new Uint8Array(pixels.length);
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const at = y * width + x;
      let count = 0;
      for (const row of [at - width, at, at + width]) {
        count += (pixels[row - 1] ?? 0) + (pixels[row] ?? 0) + (pixels[row + 1] ?? 0);
      }
      if (count >= 5) clean[at] = 1;
    }
  }
  return { width, height, pixels: clean };
}
