/** A picture of zeros and ones, row by row. */
export type BinaryPicture = { readonly width: number; readonly height: number; readonly pixels: Uint8Array };

/** Ones that belong together: how many, and the first and last column and row they reach. */
export type Patch = {
  readonly pixels: number;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
};

/** How far apart, in pixels, two ones may be and still belong together: a person often comes in pieces. */
const REACH = 2;

/** The patches of a picture, top to bottom. */
export function findPatches(picture: BinaryPicture): Patch[] {
  const { width, pixels } = picture;
  const seen = new Uint8Array(pixels.length);
  const patches: Patch[] = [];
  for (let at = 0; at < pixels.length; at += 1) {
    if (pixels[at] === 0 || seen[at] === 1) continue;
    seen[at] = 1;
    patches.push(grow([at], { ...picture, seen }, { pixels: 0, left: width, top: picture.height, right: 0, bottom: 0 }));
  }
  return patches;
}

function grow(open: number[], picture: BinaryPicture & { readonly seen: Uint8Array }, empty: Patch): Patch {
  let { pixels, left, top, right, bottom } = empty;
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const x = at % picture.width;
    const y = Math.floor(at / picture.width);
    pixels += 1;
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
    addNeighbours(open, picture, { x, y });
  }
  return { pixels, left, top, right, bottom };
}

function addNeighbours(open: number[], picture: BinaryPicture & { readonly seen: Uint8Array }, from: { readonly x: number; readonly y: number }): void {
  const { width, height, pixels, seen } = picture;
  for (let y = Math.max(0, from.y - REACH); y <= Math.min(height - 1, from.y + REACH); y += 1) {
    for (let x = Math.max(0, from.x - REACH); x <= Math.min(width - 1, from.x + REACH); x += 1) {
      const at = y * width + x;
      if (pixels[at] === 0 || seen[at] === 1) continue;
      seen[at] = 1;
      open.push(at);
    }
  }
}
