/*
 * `npx tsx bench/motion-gate.ts [JSON]`: what the motion gate saves and what it misses, on videos of the test data; prints the table of
 * bench/README.md. JSON: settings of the gate, `{"minArea":0.002}`.
 */
import type { AlgoResult, Detection, MotionGateOptions } from '../dist/runtime/index.js';
import { dataPath } from '../test/support/data.js';
import { missingFrom, percent, playOffline } from './support/detections.js';

const VIDEOS = ['one-by-one-person-detection', 'vtest_pets09_s2l1_h264', 'car-detection', 'synthetic_crossing', 'small_store-aisle-detection', 'small_classroom'];
/** A detection of this score is no guess: what flickers in a still picture is weaker as a rule. */
const SURE = 0.5;

/** What was found at all turns, and what of it the newest gated result of that moment does not have. */
function missesOf(results: readonly AlgoResult[]): { readonly found: readonly Detection[]; readonly missed: readonly Detection[] } {
  const gated = results.filter(({ algo }) => algo === 'gated');
  const turns = results.filter(({ algo }) => algo === 'all').map(({ position, result }) => ({
    things: result as readonly Detection[],
    known: (gated.findLast((other) => other.position <= position)?.result ?? []) as readonly Detection[],
  }));
  return { found: turns.flatMap(({ things }) => things), missed: turns.flatMap(({ known, things }) => missingFrom(known, things)) };
}

function share(missed: readonly Detection[], found: readonly Detection[]): string {
  return `${missed.length} of ${found.length} (${percent(missed.length, found.length)})`;
}

async function main(): Promise<void> {
  const motionGate = JSON.parse(process.argv[2] ?? '{}') as Partial<MotionGateOptions>;
  const model = { kind: 'onnx', model: dataPath('models/det/yolox_nano_416.onnx'), interval: 0.2 } as const;
  process.stdout.write('| video | turns | runs | saved | missed | of score 0.5 or more |\n|---|---|---|---|---|---|\n');
  for (const video of VIDEOS) {
    // two algos at the same turns of one stream: one at each, the other where the gate lets it
    const { results, totals } = await playOffline({
      source: { location: dataPath(`videos/${video}.mp4`) },
      algos: [{ ...model, id: 'all', name: 'all' }, { ...model, id: 'gated', name: 'gated', motionGate }],
    });
    const turns = totals.algos['all']?.runs ?? 0;
    const runs = totals.algos['gated']?.runs ?? 0;
    const { found, missed } = missesOf(results);
    const sure = (things: readonly Detection[]): Detection[] => things.filter(({ score }) => score >= SURE);
    process.stdout.write(`| ${video} | ${turns} | ${runs} | ${percent(turns - runs, turns)} | ${share(missed, found)} | ${share(sure(missed), sure(found))} |\n`);
  }
}

void main();
