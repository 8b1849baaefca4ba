/** A colour as the planes hold it: 8-bit, BT.601, limited range. */
export type YuvColor = { readonly y: number; readonly u: number; readonly v: number };

/**
 * The colours of Okabe and Ito that stay apart for colour-blind viewers ("Color Universal Design", 2008,
 * https://jfly.uni-koeln.de/color/), black left out, in an order in which neighbours differ in brightness too.
 */
const COLORS: readonly YuvColor[] = [
  [230, 159, 0], // orange
  [86, 180, 233], // sky blue
  [0, 158, 115], // bluish green
  [240, 228, 66], // yellow
  [0, 114, 178], // blue
  [213, 94, 0], // vermillion
  [204, 121, 167], // reddish purple
].map(([red = 0, green = 0, blue = 0]) => yuvOf(red, green, blue));

/** The colour of a class: always the same one for a number. Any number will do; what is none counts as 0. */
export function classColor(classId: number): YuvColor {
  const index = Number.isFinite(classId) ? Math.abs(Math.trunc(classId)) % COLORS.length : 0;
  return COLORS[index] as YuvColor;
}

/** Brightness, dark or light, that is read best on `ground`. */
export function contrastingLuma(ground: YuvColor): number {
  return ground.y > 125 ? 16 : 235;
}

/** Red, green, blue 0…255 by the matrix of ITU-R BT.601, limited range. */
export function yuvOf(red: number, green: number, blue: number): YuvColor {
  return {
    y: Math.round(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255),
    u: Math.round(128 + (-37.797 * red - 74.203 * green + 112 * blue) / 255),
    v: Math.round(128 + (112 * red - 93.786 * green - 18.214 * blue) / 255),
  };
}
