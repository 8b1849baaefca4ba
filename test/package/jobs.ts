import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { dataPath } from '../support/data.js';
import type { Ended } from './program.js';

export type Detection = { readonly label: string; readonly score: number; readonly box: { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number } };
type Line = { readonly position: number; readonly algo: string; readonly result: readonly Detection[] };

/** Writes a job that detects in a real video, offline; gives its path. */
export function detectionJob(folder: string): string {
  return write(folder, {
    mode: 'offline',
    source: dataPath('videos/small_person-bicycle-car-detection.mp4'),
    recording_path: join(folder, 'recorded.mp4'),
    algos: [{ name: 'objects', model: dataPath('models/det/yolox_nano_416.onnx'), frame_count: 1, frame_step: 0, interval: 0.25 }],
  });
}

/** Writes a job that needs no file; gives its path. */
export function motionJob(folder: string): string {
  return write(folder, { mode: 'offline', source: 'test:?width=64&height=32&fps=10&seconds=2', algos: [{ type: 'motion', name: 'motion', interval: 1 }] });
}

function write(folder: string, job: object): string {
  const path = join(folder, 'job.json');
  writeFileSync(path, JSON.stringify(job));
  return path;
}

/** The results among a run's lines. Fails unless it ended well. */
export function resultsOf({ code, stdout, stderr }: Ended): readonly Line[] {
  assert.equal(code, 0, stderr);
  const lines = stdout.trim().split('\n').map((line) => JSON.parse(line) as Line & { readonly event?: string });
  return lines.filter((line) => line.event === undefined);
}

/** Fails unless both runs found the same: each thing in both, its score within 0.01, its box at an IoU of 0.95 at least. */
export function assertSameDetections(actual: readonly Line[], expected: readonly Line[]): void {
  assert.deepEqual(actual.map(({ position }) => position), expected.map(({ position }) => position));
  for (const [i, { position, result }] of expected.entries()) {
    const others = actual[i]?.result ?? [];
    const where = `at ${position}: ${JSON.stringify(others)} instead of ${JSON.stringify(result)}`;
    assert.equal(others.length, result.length, where);
    for (const [j, detection] of result.entries()) assert.ok(isSame(others[j], detection), where);
  }
}

function isSame(a: Detection | undefined, b: Detection): boolean {
  return a?.label === b.label && Math.abs(a.score - b.score) <= 0.01 && iou(a.box, b.box) >= 0.95;
}

function iou(a: Detection['box'], b: Detection['box']): number {
  const width = Math.max(0, Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin));
  const height = Math.max(0, Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin));
  const both = width * height;
  return both / (area(a) + area(b) - both);
}

function area({ xmin, ymin, xmax, ymax }: Detection['box']): number {
  return (xmax - xmin) * (ymax - ymin);
}
