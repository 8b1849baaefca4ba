import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';

import { check, StreamInferError, systemClock as clock } from '../../base/index.js';
import { onnxOptionsSchema, recorderSchema, resolveStreamPlan, sourceSchema, type StreamPlan } from '../../base/plan.js';
import type { SourceInfo } from '../../media/index.js';
import { withModelFiles } from '../../algo/index.js';
import { resolveJob } from '../job.js';
import { probeApart } from '../look-apart.js';
import { runJob } from '../run-job.js';
import { findCapacity, type Found } from './search.js';
import { playTrial, type Trial } from './trial.js';

const optionsSchema = z.strictObject({
  model: z.string().trim().min(1, 'expected the path of a model').max(4096),
  options: onnxOptionsSchema.prefault({}),
  source: z.string().trim().min(1).max(4096).optional(),
  intervals: z.array(z.number().positive().max(3600)).min(1).max(20).default([0.1, 0.5, 1, 5]),
  record: z.boolean().default(false),
  threads: z.int().min(0).max(256).default(0),
  cpuPercent: z.number().min(1).max(100).default(70),
  memoryPercent: z.number().min(1).max(100).default(50),
  streams: z.int().min(1).max(1000).default(200),
  seconds: z.number().min(1).max(3600).default(10),
});

export type CapacityOptions = {
  /** Path of an `.onnx` file or a TensorFlow.js `model.json`, `catalogue:NAME`, or `npm:PACKAGE/PATH`. */
  readonly model: string;
  /** What overrules the model: see `onnxOptionsSchema`. */
  readonly options?: z.input<typeof onnxOptionsSchema>;
  /** A video file as the cameras send it: their codec, size, rate and picture. Default: a test pattern of 1920×1080, 25 frames a second, H.264. */
  readonly source?: string;
  /** Seconds from run to run; each is measured by itself. 1 to 20 of them, up to 3600. Default 0.1, 0.5, 1 and 5. */
  readonly intervals?: number[];
  /** Every stream is recorded as well, with what was found drawn into it. Default false. */
  readonly record?: boolean;
  /** Cores that the engine may use, up to 256; 0: all. Default 0. */
  readonly threads?: number;
  /** Of those cores, in percent: what streams may take at most. The rest is for Node-RED, and for busy hours. 1…100. Default 70. */
  readonly cpuPercent?: number;
  /** Of this machine's (or container's) memory, in percent. 1…100. Default 50. */
  readonly memoryPercent?: number;
  /** Streams at most, 1…1000. Default 200. */
  readonly streams?: number;
  /** Seconds that each trial is measured, 1…3600; raised to two intervals. Default 10. */
  readonly seconds?: number;
  /** Told before each number of streams that is played. */
  readonly onTrial?: (trial: { readonly interval: number; readonly streams: number }) => void;
  /** Aborted: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

export type CapacityRow = Omit<Found, 'load'> & Trial & {
  /** Seconds from run to run. */
  readonly interval: number;
};

export type Capacity = {
  /** `cores` and `memoryBytes`: what the engine could use. */
  readonly machine: { readonly cpu: string; readonly cores: number; readonly memoryBytes: number };
  readonly source: { readonly location: string; readonly width: number; readonly height: number; readonly fps: number; readonly codec: string };
  readonly rows: readonly CapacityRow[];
};

type Checked = z.output<typeof optionsSchema>;
type Hooks = { readonly signal: AbortSignal; readonly onTrial: NonNullable<CapacityOptions['onTrial']> };

/** What is played where no source is given: the size and rate of a usual camera. */
const CLIP = 'test:?width=1920&height=1080&fps=25&seconds=10';

/**
 * How many cameras this machine carries with a model: for each interval streams are played in an engine of its own, as a flow
 * would, until one more would take more than was allowed. A file is played in a loop and decoded whole, as a camera's
 * stream is. Throws `OPTION_INVALID`, and what a stream would fail with.
 */
export async function measureCapacity({ onTrial = () => undefined, signal = new AbortController().signal, ...given }: CapacityOptions): Promise<Capacity> {
  const options = check(optionsSchema, given);
  const files = await withModelFiles(options, { signal });
  const folder = await mkdtemp(join(tmpdir(), 'stream-infer-capacity-'));
  try {
    const location = options.source ?? (await makeClip(join(folder, 'camera.mp4'), signal));
    const info = await probeSource(location);
    const rows: CapacityRow[] = [];
    for (const interval of options.intervals) rows.push(await rowOf({ ...options, ...files, location, folder, interval, info }, { signal, onTrial }));
    return { machine: machineOf(options), source: { ...sourceOf(info), location: options.source ?? CLIP }, rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type Row = Checked & { readonly location: string; readonly folder: string; readonly interval: number; readonly info: SourceInfo };

async function rowOf(row: Row, { signal, onTrial }: Hooks): Promise<CapacityRow> {
  const { cores, memoryBytes } = machineOf(row);
  const trial = { plan: planOf(row), duration: row.info.duration ?? 0, cores, seconds: Math.max(row.seconds, 2 * row.interval), clock, signal };
  const goal = { cpuPercent: row.cpuPercent, memoryBytes: (memoryBytes * row.memoryPercent) / 100, streams: row.streams };
  const { load, ...found } = await findCapacity(async (streams) => {
    onTrial({ interval: row.interval, streams });
    return await playTrial(trial, streams);
  }, goal);
  return { interval: row.interval, ...found, ...load };
}

function planOf({ model, options, location, folder, interval, record }: Row): StreamPlan {
  return resolveStreamPlan({
    id: 'camera', name: 'camera', mode: 'realtime', decodeAll: true,
    source: { location, loop: true },
    algos: [{ id: 'model', name: 'model', kind: 'onnx', model, options, interval }],
    recorders: record ? [recorderSchema.parse({ id: 'recorder', path: join(folder, '{stream}.mp4'), kind: 'segments', segmentLength: 5, keepFor: 10 })] : [],
  });
}

/** A camera has no end; what it costs is measured on a file. */
async function probeSource(location: string): Promise<SourceInfo> {
  const info = await probeApart(sourceSchema.parse({ location }), { backend: 'auto' });
  if (!info.live && info.duration !== undefined) return info;
  throw new StreamInferError('OPTION_INVALID', 'source: expected a video file: record some seconds of the camera first, which can then be played as often as is tried');
}

async function makeClip(path: string, signal: AbortSignal): Promise<string> {
  const job = resolveJob({ mode: 'offline', source: CLIP, recording_path: path }, '.');
  await runJob(job, { signal });
  signal.throwIfAborted();
  return path;
}

function machineOf({ threads }: Checked): Capacity['machine'] {
  const limit = process.constrainedMemory();
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: threads === 0 ? availableParallelism() : threads,
    memoryBytes: limit > 0 ? Math.min(limit, totalmem()) : totalmem(),
  };
}

function sourceOf({ width, height, fps, codec }: SourceInfo): Omit<Capacity['source'], 'location'> {
  return { width, height, fps: fps.num / fps.den, codec };
}
