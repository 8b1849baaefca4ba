import type { ReadText } from '../../../base/index.js';
import { clipBox, hullOf, type Point } from '../../../vision/index.js';
import { toFrame } from './detections.js';
import { type ResultContext, roundPixels, roundScore, type Task } from './task.js';

/** A line of text, in pixels of the tensor. */
export type FoundText = {
  /** Clockwise as seen, from where reading begins. */
  readonly corners: readonly [Point, Point, Point, Point];
  /** How sure the model is, 0…1: of what is read, else of its place. */
  readonly score: number;
  /** What is read; absent: nothing yet. */
  readonly text?: string;
};

/** Text and where it is, in reading order: line by line from the top, each from the left. What could not be read is left out. */
export const text: Task<readonly FoundText[]> = { name: 'text', toResult };

function toResult(found: readonly FoundText[], context: ResultContext): ReadText[] {
  return inReadingOrder(found.flatMap((line) => toReadText(line, context) ?? [])).slice(0, context.options.maxDetections);
}

function toReadText({ corners: [a, b, c, d], score, text: read = '' }: FoundText, { placement }: ResultContext): ReadText | undefined {
  const corners = [toFrame(a, placement), toFrame(b, placement), toFrame(c, placement), toFrame(d, placement)] as const;
  const { x1, y1, x2, y2 } = clipBox(hullOf(corners), placement.frame);
  const box = { xmin: roundPixels(x1), ymin: roundPixels(y1), xmax: roundPixels(x2), ymax: roundPixels(y2) };
  if (read.trim() === '' || !Number.isFinite(score) || !(box.xmax > box.xmin && box.ymax > box.ymin)) return undefined;
  const [first, second, third, fourth] = corners;
  return { label: read, text: read, score: roundScore(score), box, classId: 0, polygon: [pair(first), pair(second), pair(third), pair(fourth)] };
}

function pair({ x, y }: Point): readonly [number, number] {
  return [roundPixels(x), roundPixels(y)];
}

/** Of one line are those whose middles are less apart than half the lower one's height. */
function inReadingOrder(found: readonly ReadText[]): ReadText[] {
  const lines: ReadText[][] = [];
  for (const read of [...found].sort((a, b) => middle(a) - middle(b))) {
    const line = lines.at(-1);
    const [first] = line ?? [];
    if (line && first && middle(read) - middle(first) < Math.min(height(read), height(first)) / 2) line.push(read);
    else lines.push([read]);
  }
  return lines.flatMap((line) => line.sort((a, b) => a.box.xmin - b.box.xmin));
}

function middle({ box }: ReadText): number {
  return (box.ymin + box.ymax) / 2;
}

function height({ box }: ReadText): number {
  return box.ymax - box.ymin;
}
