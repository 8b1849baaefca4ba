/*
 * `npx tsx bench/motion-gate.ts [JSON]`: what the motion gate saves and what it misses, on videos of the test data; prints the table of
 * bench/README.md. JSON: settings of the gate, `{"minArea":0.002}`.
 */
import { basename } from 'node:path';

import { type AlgoResult, type Detection, openEngine, resolveStreamPlan, type StreamTotals } from '../dist/runtime/index.js';
import { dataPath } from '../test/support/data.js';

const VIDEOS = ['one-by-one-person-detection', 'vtest_pets09_s2l1_h264', 'car-detection', 'synthetic_crossing', 'small_store-aisle-detection', 'small_classroom'];
/** From which overlap on a box is the same thing. */
const SAME_IOU = 0.5;

type Played = { readonly results: readonly AlgoResult[]; readonly totals: StreamTotals };

/** Two algos at the same turns of one stream: one at each, the other where the gate lets it. */
async function play(video: string, motionGate: object): Promise<Played> {
  const results: AlgoResult[] = [];
  let tellEnd: (totals: StreamTotals) => void = () => undefined;
  const ended = new Promise<StreamTotals>((resolve) => { tellEnd = resolve; });
  const engine = await openEngine({}, {
    onResult: (result) => { results.push(result); },
    onEvent: (event) => { if (event.event === 'ended') tellEnd(event.totals); },
    onEngine: () => undefined,
  });
  const model = { kind: 'onnx', model: dataPath('models/det/yolox_nano_416.onnx'), interval: 0.2 } as const;
  await engine.start(resolveStreamPlan({
    id: video, name: video, mode: 'offline', source: { location: dataPath(`videos/${video}.mp4`) },
    algos: [{ ...model, id: 'all', name: 'all' }, { ...model, id: 'gated', name: 'gated', motionGate }],
  }));
  const totals = await ended;
  await engine.close();
  return { results, totals };
}

/** What was found at all turns, and how much of it the newest gated result of that moment does not have. */
function missesOf(results: readonly AlgoResult[]): { readonly found: number; readonly missed: number } {
  const gated = results.filter(({ algo }) => algo === 'gated');
  let [found, missed] = [0, 0];
  for (const { position, result } of results.filter(({ algo }) => algo === 'all')) {
    const known = (gated.findLast((other) => other.position <= position)?.result ?? []) as readonly Detection[];
    for (const thing of result as readonly Detection[]) {
      found += 1;
      if (!known.some((other) => other.label === thing.label && iouOf(other.box, thing.box) >= SAME_IOU)) missed += 1;
    }
  }
  return { found, missed };
}

function iouOf(a: Detection['box'], b: Detection['box']): number {
  const shared = Math.max(0, Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin)) * Math.max(0, Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin));
  const area = ({ xmin, xmax, ymin, ymax }: Detection['box']): number => (xmax - xmin) * (ymax - ymin);
  return shared / (area(a) + area(b) - shared);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}

async function main(): Promise<void> {
  const gate: unknown = JSON.parse(process.argv[2] ?? '{}');
  process.stdout.write('| video | turns | runs with the gate | saved | found at every turn | missed |\n|---|---|---|---|---|---|\n');
  for (const video of VIDEOS) {
    const { results, totals } = await play(video, gate as object);
    const turns = totals.algos['all']?.runs ?? 0;
    const runs = totals.algos['gated']?.runs ?? 0;
    const { found, missed } = missesOf(results);
    process.stdout.write(`| ${basename(video)} | ${turns} | ${runs} | ${percent(turns - runs, turns)} | ${found} | ${missed} (${percent(missed, found)}) |\n`);
  }
}

void main();
