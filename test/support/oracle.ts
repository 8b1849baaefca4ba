import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { StreamPlanInput, StreamTotals } from '../../dist/runtime/index.js';
import { dataPath, hasData } from './data.js';
import { playByRules } from './rules.js';

/** Versions of the Python library and producers that were recorded, with the same settings. */
export const RECORDINGS = ['0.6.7 OpenCV', '0.6.7 PyAV', '0.4.1 OpenCV', '0.4.1 PyAV'] as const;
export type Recording = (typeof RECORDINGS)[number];

/** One recorded run: what it was asked, which source frames it delivered, which each call got. */
export type Recorded = {
  readonly video: string;
  readonly start: { readonly fps: number | null; readonly position?: number };
  readonly buffer: number;
  readonly algos: readonly { readonly name: string; readonly frame_count: number; readonly frame_step: number; readonly interval: number }[];
  readonly delivered: readonly number[];
  /** [algo, position, index, source frames]. */
  readonly calls: readonly (readonly [string, number, number, readonly number[]])[];
  /** Seconds of the results that were kept, by algo. */
  readonly result_keys: Readonly<Record<string, readonly unknown[]>>;
};

/** What an algo of a case does with its frames. */
type Gives = 'numbers' | 'nothing' | 'error';

export type OracleAlgo = { readonly name: string; readonly frameCount: number; readonly frameStep: number; readonly interval: number; readonly gives: Gives };

/** Settings to be replayed. */
export type OracleCase = {
  readonly name: string;
  /** Path of the clip. */
  readonly location: string;
  readonly source: { readonly num: number; readonly den: number; readonly frames: number };
  readonly fps: number | undefined;
  readonly position: number;
  readonly buffer: number;
  /** In the order in which they are loaded. */
  readonly algos: readonly OracleAlgo[];
  /** The first case that has its clip, rate and start: its delivered frames are read from their pixels one by one. */
  readonly isWatched: boolean;
};

/** A run of an algo: what it got at the delivered frame number `index`, from 1. */
export type Call = { readonly algo: string; readonly index: number; readonly window: readonly number[] };
export type Play = { readonly delivered: readonly number[]; readonly calls: readonly Call[] };

type Difference = {
  /** Recordings that we do not follow. */
  readonly from: readonly Recording[];
  /** Row of the README's table of differences. */
  readonly row?: string;
  readonly why: string;
};

const V041: readonly Recording[] = ['0.4.1 OpenCV', '0.4.1 PyAV'];
const ASKED_RATE: Difference = { from: RECORDINGS, row: 'A1', why: 'a second has as many frames as are delivered' };
const SMALL_BUFFER: Difference = { from: RECORDINGS, row: 'A16', why: 'the ring is as big as the algos need' };
const SHORT_INTERVAL: Difference = { from: V041, why: 'an interval below a frame is every frame, as in 0.6.7; 0.4.1 divided by zero' };

/** Where what we give is not what was recorded. All other cases follow all four recordings. */
export const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'c_iv0.01': SHORT_INTERVAL,
  'c_iv0': SHORT_INTERVAL,
  'e_fc60_fs1_iv3_buf30': SMALL_BUFFER,
  'e_fc60_fs0_iv3_buf30': SMALL_BUFFER,
  'f_fps25_iv0.5': { from: ['0.6.7 OpenCV', '0.4.1 OpenCV'], row: 'A17', why: 'thinned by exact fractions, as by PyAV, not by floats that add up' },
  'f_fps60_on_30': ASKED_RATE,
  'g_src25_fps30': ASKED_RATE,
  'g_src10_fps30': ASKED_RATE,
  'g_src12.5_fps30': ASKED_RATE,
  'g_ntsc_fps30': { ...ASKED_RATE, why: 'a second of 29.97 fps has 29 whole frames' },
  'h_pos2.5': { from: RECORDINGS, row: 'A18', why: 'positions need not be whole seconds' },
  'h_ntsc_pos5_fps30': { from: RECORDINGS, row: 'A2', why: 'runs at the frames at which it would run without the seek, from the first frame at or after the position' },
  'i_raises': { from: V041, why: 'the run goes on, as in 0.6.7' },
  'i_same_name_twice': { from: RECORDINGS, row: 'A12', why: 'each algo runs for itself' },
  'j_fps_none': { from: RECORDINGS, row: 'A19', why: 'no rate means all frames' },
};

const CLIPS: Readonly<Record<string, OracleCase['source']>> = {
  v360_30: { num: 30, den: 1, frames: 600 },
  v360_2997: { num: 30_000, den: 1001, frames: 600 },
  v360_25: { num: 25, den: 1, frames: 500 },
  v360_60: { num: 60, den: 1, frames: 1200 },
  v360_10: { num: 10, den: 1, frames: 200 },
  v360_125: { num: 25, den: 2, frames: 250 },
  v360_30_short: { num: 30, den: 1, frames: 15 },
};

const GIVES: Readonly<Record<string, Gives>> = { bad: 'error', none: 'nothing' };

/** Folder and file of the algo that plays those of the cases. */
export const ALGOS_FOLDER = resolve(__dirname, '../fixtures/algos');
export const BARCODE_MODULE = resolve(ALGOS_FOLDER, 'barcode-algo.cjs');

/** Reads every delivered frame; loaded last. */
export const WATCHER: OracleAlgo = { name: 'every frame', frameCount: 1, frameStep: 0, interval: 0, gives: 'numbers' };

const recordings = hasData ? readRecordings() : undefined;

/** All cases; none without the test data. */
export const CASES: readonly OracleCase[] = Object.entries(recordings?.['0.6.7 OpenCV'] ?? {}).map(([name, recorded], i, all) => {
  const deliveryOf = ({ video, start }: Recorded): string => JSON.stringify([clipOf(video), start.fps, start.position ?? 0]);
  const isWatched = all.findIndex(([, other]) => deliveryOf(other) === deliveryOf(recorded)) === i;
  return toCase(name, recorded, isWatched);
});

export function recordedOf(name: string, recording: Recording): Recorded {
  const found = recordings?.[recording][name];
  if (found === undefined) throw new Error(`no recording of ${name} with ${recording}`);
  return found;
}

/** What was recorded, in the words used here. */
export function playRecorded(name: string, recording: Recording): Play {
  const { delivered, calls } = recordedOf(name, recording);
  return { delivered, calls: calls.map(([algo, , , window]) => ({ algo, index: delivered.indexOf(window.at(-1) ?? -1) + 1, window })) };
}

/** What the rules say. */
export function playCase({ algos, source, fps, position }: OracleCase): Play {
  const { delivered, calls } = playByRules({ source, position, algos, ...(fps !== undefined && { fps }) });
  return { delivered, calls: calls.map((call) => ({ ...call, algo: algos[call.algo]?.name ?? '' })) };
}

/** What must come out: the recording that is followed; where none is, what the rules say. */
export function expectedOf(one: OracleCase): Play {
  const followed = RECORDINGS.find((recording) => !DIFFERENCES[one.name]?.from.includes(recording));
  return followed === undefined ? playCase(one) : playRecorded(one.name, followed);
}

/** A result as every way to run a case gives it. */
export type ParityResult = { readonly algo: string; readonly index: number; readonly sourceIndex: number; readonly result: unknown };

/** The results in the order they come: those of one frame in the order of the algos, the watcher's last; what throws gives none. */
export function expectedResults(one: OracleCase, algos = algosOf(one)): ParityResult[] {
  const { delivered, calls } = expectedOf(one);
  return delivered.flatMap((sourceIndex, i) => algos.flatMap(({ name, gives }) => {
    const window = name === WATCHER.name ? [sourceIndex] : calls.find((call) => call.algo === name && call.index === i + 1)?.window;
    if (window === undefined || gives === 'error') return [];
    return [{ algo: name, index: i + 1, sourceIndex, result: gives === 'nothing' ? null : window }];
  }));
}

type Runs = Readonly<Record<string, { readonly runs: number; readonly failed: number }>>;

/** Runs of each algo, failed ones apart. */
export function expectedRuns(one: OracleCase, algos = algosOf(one)): Runs {
  const { delivered, calls } = expectedOf(one);
  return Object.fromEntries(algos.map(({ name, gives }) => {
    const runs = name === WATCHER.name ? delivered.length : calls.filter(({ algo }) => algo === name).length;
    return [name, gives === 'error' ? { runs: 0, failed: runs } : { runs, failed: 0 }];
  }));
}

/** The runs that the totals of a stream tell. */
export function runsOf(algos: StreamTotals['algos']): Runs {
  return Object.fromEntries(Object.entries(algos).map(([name, { runs, skipped }]) => [name, { runs, failed: skipped['failed'] ?? 0 }]));
}

/** The algos to be loaded. */
export function algosOf({ algos, isWatched }: OracleCase): readonly OracleAlgo[] {
  return isWatched ? [...algos, WATCHER] : algos;
}

/** What to say of a case in a test's name. */
export function titleOf({ name }: OracleCase): string {
  const difference = DIFFERENCES[name];
  return difference === undefined ? name : `${name}: ${difference.why}`;
}

/** The case as a stream, without the watcher. */
export function planOf(one: OracleCase): Pick<StreamPlanInput, 'source' | 'producer' | 'buffer' | 'algos'> {
  return {
    source: { location: one.location, position: one.position },
    producer: { width: 64, height: 36, ...(one.fps !== undefined && { fps: one.fps }) },
    buffer: one.buffer,
    algos: one.algos.map(({ gives, ...algo }) => ({ ...algo, id: algo.name, kind: 'module', module: BARCODE_MODULE, export: 'BarcodeAlgo', kwargs: { gives } })),
  };
}

export function caseNamed(name: string): OracleCase {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

function readRecordings(): Record<Recording, Record<string, Recorded>> {
  type File = Record<'0.6.7' | '0.4.1', Record<'OpenCVProducer' | 'PyAVProducer', Record<string, Recorded>>>;
  const file = JSON.parse(readFileSync(dataPath('oracle/parity.json'), 'utf8')) as File;
  return {
    '0.6.7 OpenCV': file['0.6.7'].OpenCVProducer,
    '0.6.7 PyAV': file['0.6.7'].PyAVProducer,
    '0.4.1 OpenCV': file['0.4.1'].OpenCVProducer,
    '0.4.1 PyAV': file['0.4.1'].PyAVProducer,
  };
}

/** Same frames, rate and numbers in a quarter of the pixels. */
function clipOf(video: string): string {
  return video === 'v720_30' ? 'v360_30' : video;
}

/** A run's frames: `delivered` of them, and none that is not accounted for. */
export function assertAccounted(frames: StreamTotals['frames'], delivered: number): void {
  assert.equal(frames.delivered, delivered);
  assert.deepEqual(frames.dropped, {});
  assert.equal(frames.decoded + frames.skipped, frames.delivered + frames.thinned);
  assert.ok(frames.converted <= delivered);
}

function toCase(name: string, recorded: Recorded, isWatched: boolean): OracleCase {
  const clip = clipOf(recorded.video);
  const source = CLIPS[clip];
  if (source === undefined) throw new Error(`${name}: unknown clip ${clip}`);
  const names = recorded.algos.map((algo) => algo.name);
  return {
    name, source, isWatched,
    location: dataPath(`oracle/videos/${clip}.mp4`),
    fps: recorded.start.fps ?? undefined,
    position: recorded.start.position ?? 0,
    buffer: recorded.buffer,
    algos: recorded.algos.map((algo, i) => ({
      // a second one of the same name is numbered apart
      name: names.indexOf(algo.name) === i ? algo.name : `${algo.name} 2`,
      frameCount: algo.frame_count, frameStep: algo.frame_step, interval: algo.interval,
      gives: GIVES[algo.name] ?? 'numbers',
    })),
  };
}
