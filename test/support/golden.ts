import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Detection } from '../../dist/runtime/base/index.js';
import { type Box, clipBox, iou } from '../../dist/runtime/vision/index.js';
import { dataPath } from './data.js';

/** A detection of the other implementation; its box is not clipped. */
export type GoldenDetection = { readonly class: number; readonly score: number; readonly box: readonly [number, number, number, number]; readonly stable: boolean; /** x and y of each. */ readonly keypoints?: readonly number[] };

export type GoldenImage = {
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly scale: readonly [number, number];
  readonly offset: readonly [number, number];
  readonly input: { readonly n: number; readonly mean: number; readonly first8: readonly number[] };
  readonly detections: readonly GoldenDetection[];
};

/** What another implementation (OpenCV) found in some pictures with one model. */
export type Golden = {
  readonly model: string;
  readonly input: { readonly mean: readonly number[]; readonly std: readonly number[]; readonly scale: number };
  readonly confidence: number;
  readonly iou: number;
  readonly images: readonly GoldenImage[];
};

/** Goldens of ours, made by the scripts beside them. */
const FOLDER = join(__dirname, '..', 'golden');

export function readGolden(name: string): Golden {
  return readGoldenFile(name) as Golden;
}

/** A golden of ours, else of the test data, of whatever form. */
export function readGoldenFile(name: string): unknown {
  const own = join(FOLDER, `${name}.json`);
  return JSON.parse(readFileSync(existsSync(own) ? own : dataPath(`golden/${name}.json`), 'utf8'));
}

export function boxOf(detection: Detection): Box {
  return { x1: detection.box.xmin, y1: detection.box.ymin, x2: detection.box.xmax, y2: detection.box.ymax };
}

/** How two lists of detections of one picture differ. */
export type Comparison = {
  /** Golden boxes without a detection of their class at IoU 0.8 or more. */
  readonly missing: readonly GoldenDetection[];
  /** Detections without a golden box of their class at IoU 0.8 or more. */
  readonly extra: readonly Detection[];
  /** Largest difference of scores in a matched pair whose golden box is stable. */
  readonly scoreDifference: number;
  /** Largest distance of two keypoints in such a pair, in parts of its box's longer side. */
  readonly keypointDistance: number;
};

export function compareWithGolden(found: readonly Detection[], image: GoldenImage): Comparison {
  const rest = new Set(found);
  const missing: GoldenDetection[] = [];
  let scoreDifference = 0;
  let keypointDistance = 0;
  for (const golden of image.detections) {
    const [x1, y1, x2, y2] = golden.box;
    const box = clipBox({ x1, y1, x2, y2 }, image);
    const match = [...rest].find((detection) => detection.classId === golden.class && iou(box, boxOf(detection)) >= 0.8);
    if (match) rest.delete(match);
    else missing.push(golden);
    if (!match || !golden.stable) continue;
    scoreDifference = Math.max(scoreDifference, Math.abs(match.score - golden.score));
    keypointDistance = Math.max(keypointDistance, farthestKeypoint(match, golden));
  }
  return { missing, extra: [...rest], scoreDifference, keypointDistance };
}

function farthestKeypoint({ keypoints = [] }: Detection, golden: GoldenDetection): number {
  const [x1, y1, x2, y2] = golden.box;
  const distances = keypoints.map(({ x, y }, i) => Math.hypot(x - (golden.keypoints?.[i * 2] ?? NaN), y - (golden.keypoints?.[i * 2 + 1] ?? NaN)));
  if (distances.length * 2 !== (golden.keypoints?.length ?? 0)) return Infinity;
  return Math.max(0, ...distances) / Math.max(x2 - x1, y2 - y1);
}
