import type { Detection } from '../base/index.js';

/** What an algo has seen, to be drawn into recorded frames. */
export type Overlay = { readonly algo: string; readonly detections: readonly Detection[] };

/**
 * What can be drawn of a result: of an array, or of an object's first array that has any, those elements that have a
 * box of four numbers. Label, score and class may be missing (they are then not written, and 0). Undefined where there
 * is no array; an empty array gives an overlay without detections: nothing is seen now.
 */
export function toOverlay(algo: string, result: unknown): Overlay | undefined {
  if (Array.isArray(result)) return { algo, detections: detectionsOf(result) };
  if (typeof result !== 'object' || result === null) return undefined;
  const lists = Object.values(result).filter((value) => Array.isArray(value));
  if (lists.length === 0) return undefined;
  return { algo, detections: lists.map(detectionsOf).find((detections) => detections.length > 0) ?? [] };
}

function detectionsOf(list: readonly unknown[]): Detection[] {
  return list.flatMap((item) => toDetection(item) ?? []);
}

function toDetection(item: unknown): Detection | undefined {
  if (typeof item !== 'object' || item === null) return undefined;
  const { label, score, box, classId, trackId } = item as Partial<Record<keyof Detection, unknown>>;
  if (!isBox(box)) return undefined;
  return {
    label: typeof label === 'string' ? label : '',
    score: typeof score === 'number' ? score : NaN,
    box,
    classId: typeof classId === 'number' ? classId : 0,
    ...(typeof trackId === 'number' && { trackId }),
  };
}

function isBox(box: unknown): box is Detection['box'] {
  if (typeof box !== 'object' || box === null) return false;
  const { xmin, ymin, xmax, ymax } = box as Partial<Record<keyof Detection['box'], unknown>>;
  return [xmin, ymin, xmax, ymax].every((side) => typeof side === 'number');
}
