import { z } from 'zod';

/*
 * Settings of an algo that say where it looks, and when there is something to look at.
 */

/** In parts of the frame, so that it holds for every size. */
const place = z.number().min(0).max(1);

/** Corners in their order, `[x, y]` in parts of the frame's width and height from its top left. */
export const polygonSchema = z
  .array(z.tuple([place, place], 'expected [x, y]'))
  .min(3, 'expected three corners or more')
  .max(100, 'expected 100 corners at most');

const areaName = z.string().trim().min(1, 'expected a name').max(64, 'expected 64 characters at most');
const NAMES_DIFFER = { error: 'expected names that differ' };

function haveOwnNames(areas: readonly { readonly name: string }[]): boolean {
  return new Set(areas.map(({ name }) => name)).size === areas.length;
}

/** A part of the frame that results call by its name. */
export const zoneSchema = z.strictObject({ name: areaName, polygon: polygonSchema });
export type Zone = z.output<typeof zoneSchema>;

/** A line that things cross: `in` is over to its right, seen from `from` to `to`; `out` to its left. */
export const lineSchema = z
  .strictObject({
    name: areaName,
    /** Where it begins, `[x, y]` in parts of the frame's width and height from its top left. */
    from: z.tuple([place, place], 'expected [x, y]'),
    /** Where it ends. */
    to: z.tuple([place, place], 'expected [x, y]'),
  })
  .refine(({ from, to }) => from[0] !== to[0] || from[1] !== to[1], { path: ['to'], error: 'expected another place than that of from' });
export type Line = z.output<typeof lineSchema>;

/** What has moved since an algo's last run, so that another one pays. */
export const motionGateSchema = z.strictObject({
  /** Brightness change of a pixel that counts as motion, 1…255. Default 25. */
  threshold: z.number().min(1).max(255).default(25),
  /** Smallest changed region in parts of the frame, 0…1. Default 0.0005. */
  minArea: z.number().min(0).max(1).default(0.0005),
  /** Seconds after a run at which the next turn runs though nothing has moved; 0: every turn. Default 10. */
  floor: z.number().min(0).max(1e6).default(10),
});
export type MotionGateOptions = z.output<typeof motionGateSchema>;

/** A frame in overlapping tiles, each of which the model sees at its own size: for things that are small in the frame. */
export const slicesSchema = z.strictObject({
  /** Tiles from left to right. Default 2. */
  columns: z.int().min(1).max(8).default(2),
  /** Tiles from top to bottom. Default 2. */
  rows: z.int().min(1).max(8).default(2),
  /** How much of a tile the next one has too, in parts of its side, 0…0.5: at least as large as the things that are looked for. Default 0.2. */
  overlap: z.number().min(0).max(0.5).default(0.2),
  /** Runs on the whole frame too, for things that are larger than the overlap. Default true. */
  whole: z.boolean().default(true),
});
export type SlicesOptions = z.output<typeof slicesSchema>;

/** What of a frame counts, the same for all kinds of algos. */
export const lookSchema = {
  /**
   * Polygons within the frame. Things whose box has the middle of its lower edge outside are left out of results; the motion algo
   * and the motion gate look only inside. A polygon that crosses itself has no inside where it goes round twice. Default none: the whole frame.
   */
  regions: z.array(polygonSchema).max(20, 'expected 20 polygons at most').default([]),
  /** `include`: inside is what lies in any of the regions; `exclude`: what lies in none. Default include. */
  regionMode: z.enum(['include', 'exclude']).default('include'),
  /** Named polygons: things with a box tell in `zones` which of them they stand in, by the middle of the box's lower edge. Default none. */
  zones: z.array(zoneSchema).max(20, 'expected 20 zones at most').refine(haveOwnNames, NAMES_DIFFER).default([]),
  /**
   * Named lines: things with a box tell in `crossed` which of them that place has passed over since the last run that saw the thing, and to which
   * side. Things are followed for it, whatever `track` says. Default none.
   */
  lines: z.array(lineSchema).max(20, 'expected 20 lines at most').refine(haveOwnNames, NAMES_DIFFER).default([]),
  /** A turn runs only if something has moved since the last run. Absent: every turn does. */
  motionGate: motionGateSchema.optional(),
};
