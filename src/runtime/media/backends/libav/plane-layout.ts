/** Samples of a plane: `bytes` for each group of 2^shiftX × 2^shiftY pixels. */
export type PlaneLayout = { readonly bytes: number; readonly shiftX: number; readonly shiftY: number };

/** Shifts of the chroma planes by what their YUV format is called. */
const CHROMA: Readonly<Record<string, readonly [number, number]>> = {
  410: [2, 2], 411: [2, 0], 420: [1, 1], 422: [1, 0], 440: [0, 1], 444: [0, 0],
};

const SEMI_PLANAR: Readonly<Record<string, string>> = { nv12: '420', nv21: '420', p0: '420', nv16: '422', p2: '422', nv24: '444', p4: '444' };

const PACKED: Readonly<Record<string, PlaneLayout>> = {
  ...Object.fromEntries(['rgb24', 'bgr24'].map((name) => [name, whole(3)])),
  ...Object.fromEntries(['rgba', 'bgra', 'argb', 'abgr', 'rgb0', 'bgr0', '0rgb', '0bgr'].map((name) => [name, whole(4)])),
  ...Object.fromEntries(['yuyv422', 'uyvy422', 'yvyu422'].map((name) => [name, { bytes: 4, shiftX: 1, shiftY: 0 }])),
  rgb48le: whole(6),
  rgba64le: whole(8),
};

/** The planes of a pixel format by FFmpeg's name of it; undefined for rare ones: palettes, single bits, and so on. */
export function planeLayouts(format: string): readonly PlaneLayout[] | undefined {
  const packed = PACKED[format];
  return packed ? [packed] : yuvPlanes(format) ?? semiPlanes(format) ?? fullPlanes(format);
}

function yuvPlanes(format: string): readonly PlaneLayout[] | undefined {
  const [, kind, subsampling = '', bits] = /^yuv(j|a?)(4\d\d)p(\d*)(?:le|be)?$/.exec(format) ?? [];
  const chroma = chromaOf(subsampling, bytesOf(bits));
  if (chroma === undefined) return undefined;
  const luma = whole(bytesOf(bits));
  return kind === 'a' ? [luma, chroma, chroma, luma] : [luma, chroma, chroma];
}

/** Both chroma samples of a group side by side. */
function semiPlanes(format: string): readonly PlaneLayout[] | undefined {
  const [, family = '', bits] = /^(nv12|nv21|nv16|nv24|p0|p2|p4)(\d\d)?(?:le|be)?$/.exec(format) ?? [];
  const chroma = chromaOf(SEMI_PLANAR[family] ?? '', 2 * bytesOf(bits));
  return chroma && [whole(bytesOf(bits)), chroma];
}

/** Planes of RGB, of RGB with alpha, and gray. */
function fullPlanes(format: string): readonly PlaneLayout[] | undefined {
  const [, family = '', bits] = /^(gbrp|gbrap|gray)(\d*|f32)(?:le|be)?$/.exec(format) ?? [];
  const count = { gbrp: 3, gbrap: 4, gray: 1 }[family];
  return count === undefined ? undefined : Array.from({ length: count }, () => whole(bytesOf(bits)));
}

function chromaOf(subsampling: string, bytes: number): PlaneLayout | undefined {
  const shifts = CHROMA[subsampling];
  return shifts && { bytes, shiftX: shifts[0], shiftY: shifts[1] };
}

function whole(bytes: number): PlaneLayout {
  return { bytes, shiftX: 0, shiftY: 0 };
}

function bytesOf(bits: string | undefined): number {
  if (bits === 'f32') return 4;
  return bits === undefined || bits === '' || Number(bits) <= 8 ? 1 : 2;
}
