/** A colour as the planes of a video hold it: 8-bit, BT.601, limited range. */
export type YuvColor = { readonly y: number; readonly u: number; readonly v: number };

/** A colour as a screen has it, 0…255. */
export type RgbColor = { readonly red: number; readonly green: number; readonly blue: number };

/** One colour for all kinds of pictures. */
export type Color = { readonly rgb: RgbColor; readonly yuv: YuvColor };

/** What letters are written with. */
export type Ink = 'black' | 'white';

/**
 * The colours of Okabe and Ito that stay apart for colour-blind viewers ("Color Universal Design", 2008,
 * https://jfly.uni-koeln.de/color/), black left out, in an order in which neighbours differ in brightness too.
 */
const COLORS: readonly Color[] = [
  { red: 230, green: 159, blue: 0 }, // orange
  { red: 86, green: 180, blue: 233 }, // sky blue
  { red: 0, green: 158, blue: 115 }, // bluish green
  { red: 240, green: 228, blue: 66 }, // yellow
  { red: 0, green: 114, blue: 178 }, // blue
  { red: 213, green: 94, blue: 0 }, // vermillion
  { red: 204, green: 121, blue: 167 }, // reddish purple
].map((rgb) => ({ rgb, yuv: yuvOf(rgb) }));

const WHITE = { red: 255, green: 255, blue: 255 };
/** Of what belongs to no class. */
export const SIGN_COLOR: Color = { rgb: WHITE, yuv: yuvOf(WHITE) };

/** The colour of a class: always the same one for a number. Any number will do; what is none counts as 0. */
export function classColor(classId: number): Color {
  const index = Number.isFinite(classId) ? Math.abs(Math.trunc(classId)) % COLORS.length : 0;
  return COLORS[index] as Color;
}

/** The ink that is read best on `ground`. */
export function contrastingInk(ground: Color): Ink {
  return ground.yuv.y > 125 ? 'black' : 'white';
}

/** By the matrix of ITU-R BT.601, limited range. */
export function yuvOf({ red, green, blue }: RgbColor): YuvColor {
  return {
    y: Math.round(16 + (65.481 * red + 128.553 * green + 24.966 * blue) / 255),
    u: Math.round(128 + (-37.797 * red - 74.203 * green + 112 * blue) / 255),
    v: Math.round(128 + (112 * red - 93.786 * green - 18.214 * blue) / 255),
  };
}
