/** What pictures under nodes cost: `npx tsx bench/previews.ts [--mode offline] [--rounds 6] [--seconds 10] [--streams 8] [--viewers 3] [--interval 0.2]`. */
import { existsSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import type { StreamsAnswer } from '../src/plugins/live/contract.js';
import { dataPath } from '../test/support/data.js';
import type { NodeRed } from '../test/support/node-red.js';
import { shortCamera } from './support/clips.js';
import { takeNoted } from './support/flow.js';
import { describeMachine } from './support/machine.js';
import { ALGOS } from './support/ours.js';
import { playing } from './support/playing.js';
import { cpuMsOf, treeOf } from './support/process-tree.js';
import { spreadOf } from './support/row.js';
import { Viewer } from './support/viewer.js';

const { values } = parseArgs({ options: {
  mode: { type: 'string', default: 'offline' },
  rounds: { type: 'string', default: '6' },
  seconds: { type: 'string', default: '10' },
  streams: { type: 'string', default: '8' },
  viewers: { type: 'string', default: '3' },
  interval: { type: 'string', default: '0.2' },
} });

const MODEL = process.env['STREAM_INFER_BENCH_MODEL'] ?? dataPath('models/det/yolox_nano_416.onnx');
const MODEL_ALGO = existsSync(MODEL) ? { kind: 'onnx', model: MODEL } : { kind: 'module', module: ALGOS, export: 'Burn' };
/** Milliseconds that a change gets to settle. */
const SETTLE_MS = 1000;

/** What a window of the play had. */
type Window = {
  readonly resultsPerSec: number;
  readonly loopP99Ms: number;
  readonly picturesPerSec: number;
  /** CPU in milliseconds a second. */
  readonly nodeRedMs: number;
  readonly engineMs: number;
  readonly viewersMs: number;
};

async function measureBoth(nodeRed: NodeRed): Promise<{ readonly without: Window[]; readonly shown: Window[] }> {
  const { streams } = (await (await nodeRed.admin('/stream-infer/streams')).json()) as StreamsAnswer;
  const previews = streams.map(({ id, algos: [algo] }) => ({ stream: id, algo: algo?.id ?? '' }));
  const without: Window[] = [];
  const shown: Window[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    without.push(await measureWindow(nodeRed, []));
    const viewers = Array.from({ length: Number(values.viewers) }, () => new Viewer(nodeRed.url, previews));
    shown.push(await measureWindow(nodeRed, viewers));
    await Promise.all(viewers.map((viewer) => viewer.close()));
  }
  return { without, shown };
}

async function measureWindow(nodeRed: NodeRed, viewers: readonly Viewer[]): Promise<Window> {
  await wait(SETTLE_MS);
  await takeNoted(nodeRed);
  const picturesOf = (): number => viewers.reduce((sum, { pictures }) => sum + pictures, 0);
  const [nodeRedPid = NaN, ...enginePids] = treeOf(nodeRed.process.pid ?? NaN);
  const cpuOf = (): { nodeRed: number; engine: number; viewers: number } => {
    const { user, system } = process.cpuUsage();
    return { nodeRed: cpuMsOf([nodeRedPid]), engine: cpuMsOf(enginePids), viewers: (user + system) / 1000 };
  };
  const before = { atMs: performance.now(), pictures: picturesOf(), cpu: cpuOf() };
  await wait(Number(values.seconds) * 1000);
  const { messages, loopP99Ms } = await takeNoted(nodeRed);
  const seconds = (performance.now() - before.atMs) / 1000;
  const cpu = cpuOf();
  const results = Object.values(messages).reduce((sum, count) => sum + count, 0);
  return {
    resultsPerSec: results / seconds,
    loopP99Ms,
    picturesPerSec: (picturesOf() - before.pictures) / seconds,
    nodeRedMs: (cpu.nodeRed - before.cpu.nodeRed) / seconds,
    engineMs: (cpu.engine - before.cpu.engine) / seconds,
    viewersMs: (cpu.viewers - before.cpu.viewers) / seconds,
  };
}

function print({ without, shown }: { readonly without: readonly Window[]; readonly shown: readonly Window[] }): void {
  const figures = ['resultsPerSec', 'loopP99Ms', 'picturesPerSec', 'nodeRedMs', 'engineMs', 'viewersMs'] as const;
  const spread = (windows: readonly Window[], figure: keyof Window): string => {
    const { median, least, most } = spreadOf(windows.map((window) => window[figure]));
    return `${median.toFixed(1)} (${least.toFixed(1)} … ${most.toFixed(1)})`;
  };
  process.stdout.write('\n| previews | results a second | event loop p99, ms | pictures a second | CPU, ms a second: Node-RED | engine | viewers |\n|---|---|---|---|---|---|---|\n');
  for (const [name, windows] of [['none', without], [`${values.streams} in ${values.viewers} pages`, shown]] as const) {
    process.stdout.write(`| ${name} | ${figures.map((figure) => spread(windows, figure)).join(' | ')} |\n`);
  }
  const medianOf = (windows: readonly Window[], of: (window: Window) => number): number => spreadOf(windows.map(of)).median;
  const changeOf = (of: (window: Window) => number): string => `${(100 * (medianOf(shown, of) / medianOf(without, of) - 1)).toFixed(1)} %`;
  const longerMs = medianOf(shown, ({ loopP99Ms }) => loopP99Ms) - medianOf(without, ({ loopP99Ms }) => loopP99Ms);
  process.stdout.write([
    `\nthroughput: ${changeOf(({ resultsPerSec }) => resultsPerSec)} (to reach: more than −5 %)`,
    `CPU of Node-RED and engine a result: ${changeOf(({ nodeRedMs, engineMs, resultsPerSec }) => (nodeRedMs + engineMs) / resultsPerSec)}`,
    `event loop p99: ${longerMs.toFixed(1)} ms more (to reach: less than 5)\n`,
  ].join('\n'));
}

async function main(): Promise<void> {
  const { mode } = values;
  if (mode !== 'offline' && mode !== 'realtime') throw new Error(`--mode: expected offline or realtime, got "${mode}"`);
  await shortCamera.make();
  process.stdout.write(`${describeMachine(Number(values.rounds))}\n`);
  print(await playing({ clip: shortCamera, count: Number(values.streams), algo: { ...MODEL_ALGO, interval: Number(values.interval) }, mode }, measureBoth));
}

void main();
