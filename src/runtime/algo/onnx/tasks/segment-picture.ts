import type { SemanticSegment } from '../../../base/index.js';
import { boxArea } from '../../../vision/index.js';
import { labelOf } from '../labels.js';
import { fieldOf, segmentationOf } from './segmentation.js';
import { type ResultContext, roundScore, shownOf, type Task } from './task.js';

/** A class for each cell of a grid over the tensor. */
export type ClassMap = {
  readonly columns: number;
  readonly rows: number;
  /** The class of each cell, row by row. */
  readonly classIds: Int32Array;
  /** How far a class is ahead of the best other one in each cell: above 0 where it is the cell's. */
  lead(classId: number): Float32Array;
};

/**
 * What class each pixel is of: one entry for a class that any pixel is of, the largest first. Borders are where two classes are
 * level when the map is scaled up to the frame's pixels bilinearly.
 */
export const segmentPicture: Task<ClassMap> = { name: 'semantic-segmentation', toResult };

function toResult(map: ClassMap, { placement, labels, wanted, options }: ResultContext): SemanticSegment[] {
  const { frame } = placement;
  const shown = shownOf(placement);
  const grid = { columns: map.columns, rows: map.rows };
  const present = [...new Set(map.classIds)].filter((classId) => classId >= 0 && (wanted?.has(classId) ?? true));
  return present
    .map((classId) => {
      const field = fieldOf({ values: map.lead(classId), ...grid, firstColumn: 0, firstRow: 0, grid }, placement);
      const { segmentation, pixels } = segmentationOf(field, shown, frame);
      return { label: labelOf(labels, classId), classId, score: null, share: roundScore(pixels / boxArea(shown)), segmentation };
    })
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
    .slice(0, options.maxDetections);
}
