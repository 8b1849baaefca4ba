/*
 * `npx tsx bench/slices.ts`: what sliced inference finds that the whole frame does not, and what it costs; prints the table of
 * bench/README.md. The picture is a wall of views, 1, 2 × 2 and 3 × 3 of the people of vtest, so that they become smaller and smaller in
 * it. Held against what a larger model is sure of in a view by itself.
 */
import type { AlgoResult, Detection } from '../dist/runtime/index.js';
import { dataPath } from '../test/support/data.js';
import { missingFrom, percent, playOffline } from './support/detections.js';
import { runProgram } from './support/program.js';
import { workPath } from './support/work-folder.js';

const VIEW = { path: dataPath('videos/vtest_pets09_s2l1_h264.mp4'), width: 768, height: 576, fps: 10 };
/** Seconds from run to run, of a wall, and from the beginning of one view to that of the next: one's results are at the other's moments. */
const INTERVAL = 2;
const SECONDS = 20;
const APART = 6;
/** Score from which on the larger model counts as sure, and from which on it has seen anything at all. */
const SURE = 0.5;
const SEEN = 0.1;
const WAYS = { 'the whole frame': undefined, '2 × 2 tiles': { whole: false }, '2 × 2 and the whole': {}, '3 × 3 and the whole': { columns: 3, rows: 3 }, '4 × 4 and the whole': { columns: 4, rows: 4 } };

async function makeWall(side: number): Promise<string> {
  const path = workPath(`wall-${side}.mp4`);
  const count = side * side;
  const inputs = Array.from({ length: count }, (_, i) => ['-ss', String(i * APART), '-t', String(SECONDS), '-i', VIEW.path]).flat();
  const layout = Array.from({ length: count }, (_, i) => `${(i % side) * VIEW.width}_${Math.floor(i / side) * VIEW.height}`).join('|');
  const stack = count === 1 ? ['-vf', 'null'] : ['-filter_complex', `xstack=inputs=${count}:layout=${layout}`];
  await runProgram('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...inputs, ...stack, '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '18', '-bf', '0', path]);
  return path;
}

const resultsOf = (results: readonly AlgoResult[], name: string): Detection[][] => results.filter(({ algo }) => algo === name).map(({ result }) => result as Detection[]);

/** What is in a wall at its n-th run, by what is in the view at each of its own. */
function inWall(side: number, run: number, ofView: readonly (readonly Detection[])[]): Detection[] {
  return Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) * VIEW.width, Math.floor(i / side) * VIEW.height];
    const things = ofView[run + (i * APART) / INTERVAL] ?? [];
    return things.map((thing) => ({ ...thing, box: { xmin: thing.box.xmin + x, xmax: thing.box.xmax + x, ymin: thing.box.ymin + y, ymax: thing.box.ymax + y } }));
  }).flat();
}

async function main(): Promise<void> {
  const common = { kind: 'onnx', interval: INTERVAL } as const;
  const larger = { ...common, id: 'larger', name: 'larger', model: dataPath('models/det-agpl/yolov8n_int8_dynamic.onnx'), options: { labels: ['person'], scoreThreshold: SEEN } };
  const algos = Object.entries(WAYS).map(([name, slices]) => ({
    ...common, id: name, name, model: dataPath('models/det/yolox_nano_416.onnx'), options: { labels: ['person'], ...(slices && { slices }) },
  }));
  const ofView = resultsOf((await playOffline({ source: { location: VIEW.path }, algos: [larger] })).results, 'larger');
  process.stdout.write('| views | YOLOX-nano at 416 on | found of those that the larger is sure of | boxes | of nobody | ms a run |\n|---|---|---|---|---|---|\n');
  for (const side of [1, 2, 3]) {
    const { results, totals } = await playOffline({ source: { location: await makeWall(side) }, algos });
    for (const name of Object.keys(WAYS)) {
      const found = resultsOf(results, name);
      const seen = found.map((_, run) => inWall(side, run, ofView));
      const sure = seen.map((things) => things.filter(({ score }) => score >= SURE));
      const missed = sure.flatMap((things, run) => missingFrom(found[run] ?? [], things)).length;
      const unknown = found.flatMap((things, run) => missingFrom(seen[run] ?? [], things)).length;
      const ms = totals.stats.algos[name]?.inference.p50 ?? 0;
      process.stdout.write(`| ${side * side} | ${name} | ${percent(sure.flat().length - missed, sure.flat().length)} of ${sure.flat().length} | ${found.flat().length} | ${unknown} | ${ms.toFixed(0)} |\n`);
    }
  }
}

void main();
