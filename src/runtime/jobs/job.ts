import { resolve } from 'node:path';

import { check, type RemoteAlgoPlan, type SinkPlan, type StreamMode, type StreamPlan, type StreamPlanInput, StreamInferError, withoutCredentials } from '../base/index.js';
import { streamSchema } from '../base/plan.js';
import { type JobAlgo, type JobInput, jobSchema, SCHEDULE_KEYS } from './job-schema.js';
import { defaultName, freeName } from './names.js';
import { absoluteLocation, absoluteModel, apartFromCredentials } from './paths.js';

/** Something a user's module exports. */
export type ModuleExport = {
  /** A path, relative ones from `baseFolder`, or the name of an installed package. */
  readonly module: string;
  /** Absent: `default`, else the only one exported. */
  readonly export?: string;
  /** Absolute path. */
  readonly baseFolder: string;
  readonly kwargs: Readonly<Record<string, unknown>>;
};

/** What is told while a job runs; each level includes those after it. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** A job, ready to run wherever the working directory is. */
export type Job = {
  readonly plan: StreamPlan;
  /** A user's class in place of the built-in dispatcher. */
  readonly dispatcher?: ModuleExport;
  /** A user's function for each frame. */
  readonly process?: ModuleExport;
  /** Where results are sent besides. */
  readonly sinks: readonly SinkPlan[];
  readonly logLevel: LogLevel;
};

/** What a caller sets in place of the job's own; paths start from the working directory. */
export type JobOverrides = {
  readonly source?: string;
  readonly mode?: StreamMode;
  /** Path of the recording. */
  readonly record?: string;
  readonly fps?: number;
  /** Seconds. */
  readonly position?: number;
};

/**
 * A job of its JSON. Relative paths start from `folder`. Throws `JOB_INVALID` with every wrong field by its path:
 * "algos[1].interval: expected number to be >=0, got -1".
 */
export function resolveJob(json: unknown, folder: string, overrides: JobOverrides = {}): Job {
  const input = check(jobSchema, overridden(json, overrides), 'JOB_INVALID');
  const place = { folder: resolve(folder), overrides };
  const plan = check(streamSchema, planOf(input, place), 'JOB_INVALID');
  const dispatcher = input.dispatcher ? dispatcherOf(input.dispatcher, place.folder) : undefined;
  const process = input.process ? exportOf(input.process, place.folder) : undefined;
  return Object.freeze({
    plan,
    ...(dispatcher && { dispatcher }),
    ...(process && { process }),
    sinks: input.sinks.map((sink) => sinkOf(sink, place.folder)),
    logLevel: levelOf(input.logging_level ?? 'info'),
  });
}

function overridden(json: unknown, overrides: JobOverrides): unknown {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return json;
  const { record, ...same } = overrides;
  const given = Object.entries({ ...same, recording_path: record }).filter(([, value]) => value !== undefined);
  return { ...json, ...Object.fromEntries(given) };
}

type Place = { readonly folder: string; readonly overrides: JobOverrides };

function planOf(input: JobInput, { folder, overrides }: Place): StreamPlanInput {
  const name = withoutCredentials(input.source.location);
  const sourceFolder = overrides.source === undefined ? folder : '.';
  const source = apartFromCredentials(input.source);
  return {
    id: name.slice(0, 512),
    name: name.slice(0, 512),
    mode: input.mode,
    priority: input.priority,
    source: { ...source, location: absoluteLocation(source.location, sourceFolder), position: input.position ?? source.position },
    producer: producerOf(input),
    algos: algosOf(input.algos, folder),
    recorders: recordersOf(input, overrides.record === undefined ? folder : '.'),
    buffer: input.dispatcher?.buffer ?? argumentsOf(input.dispatcher ?? {}).buffer ?? 0,
    process: input.process != null,
  };
}

function producerOf({ producer, fps }: JobInput): StreamPlanInput['producer'] {
  const { type, width, height, ffmpeg_path: ffmpegPath, ...same } = producer;
  return {
    ...same,
    backend: type === 'opencv' || type === 'pyav' ? 'libav' : type,
    ...(width != null && { width }),
    ...(height != null && { height }),
    ...(fps != null && { fps }),
    ...(ffmpegPath !== undefined && { ffmpegPath }),
  };
}

function recordersOf(input: JobInput, folder: string): StreamPlanInput['recorders'] {
  if (input.recording_path == null) return [];
  return [{ ...input.recorder, id: 'recording', path: resolve(folder, input.recording_path), overwrite: true }];
}

type PlanAlgos = NonNullable<StreamPlanInput['algos']>;

function algosOf(algos: readonly JobAlgo[], folder: string): PlanAlgos {
  const names = uniqueNames(algos);
  return algos.map((algo, i) => {
    const name = names[i] ?? '';
    const common = { ...commonOf(algo, name), ...lookOf(algo), ...('crops' in algo && algo.crops && { crops: algo.crops }) };
    switch (algo.type) {
      case 'motion': return { ...common, kind: 'motion', options: algo.options };
      case 'onnx': return { ...common, kind: 'onnx', model: absoluteModel(algo.model, folder), options: onnxOptions(algo.options, folder) };
      case 'remote': return { ...common, ...remoteAlgo(algo, folder) };
      case 'python': return { ...common, kind: 'python', module: algo.module, class: algo.class, kwargs: algo.kwargs, python: algo.python, baseFolder: folder };
      case 'module': return { ...common, kind: 'module', ...exportOf(algo, folder), kwargs: userArguments(algo) };
      case 'code': {
        const { code, setup, close } = algo;
        return { ...common, kind: 'code', code, baseFolder: folder, ...(setup !== undefined && { setup }), ...(close !== undefined && { close }) };
      }
    }
  });
}

/** What algos of all kinds have; names are unique, and so serve as ids. */
function commonOf(algo: JobAlgo, name: string): Pick<PlanAlgos[number], 'id' | 'name' | 'frameCount' | 'frameStep' | 'interval' | 'late' | 'lateLimit' | 'timeout' | 'track'> {
  return {
    id: name, name, ...scheduleOf(algo),
    ...(algo.late !== undefined && { late: algo.late }),
    ...(algo.late_limit !== undefined && { lateLimit: algo.late_limit }),
    ...(algo.timeout !== undefined && { timeout: algo.timeout }),
    ...(algo.track !== undefined && { track: algo.track }),
  };
}

/** Where it looks, what there is named, and when there is something to see. */
function lookOf({ regions, region_mode: regionMode, zones, lines, motion_gate: motionGate }: JobAlgo): Pick<PlanAlgos[number], 'regions' | 'regionMode' | 'zones' | 'lines' | 'motionGate'> {
  return {
    ...(regions !== undefined && { regions }), ...(regionMode !== undefined && { regionMode }),
    ...(zones !== undefined && { zones }), ...(lines !== undefined && { lines }),
    ...(motionGate !== undefined && { motionGate }),
  };
}

/** The settings of a plan, whose names are JavaScript's. */
function remoteAlgo(algo: Extract<JobAlgo, { type: 'remote' }>, folder: string): { kind: 'remote' } & Pick<RemoteAlgoPlan, 'url'> & Partial<RemoteAlgoPlan> {
  const { url, protocol, model, version, token, headers, retries, concurrency, body, options } = algo;
  const { token_header: tokenHeader, max_answer_mb: maxAnswerMb, result_path: resultPath } = algo;
  const named = { model, version, token, resultPath };
  return { kind: 'remote', url, protocol, tokenHeader, headers, retries, concurrency, maxAnswerMb, body, options: modelOptions(options, folder), ...named };
}

/** A file of class names, from the job's folder. */
function modelOptions<O extends { readonly classNames?: string | string[] | undefined } | undefined>(options: O, folder: string): O {
  if (typeof options?.classNames !== 'string') return options;
  return { ...options, classNames: resolve(folder, options.classNames) };
}

type OnnxOptionsInput = Extract<JobAlgo, { type: 'onnx' }>['options'];

/** The same, and the other files that an ONNX algo's options name. */
function onnxOptions(options: OnnxOptionsInput, folder: string): OnnxOptionsInput {
  if (options === undefined) return options;
  const { recognition, characters } = options;
  return {
    ...modelOptions(options, folder),
    ...(recognition !== undefined && { recognition: absoluteModel(recognition, folder) }),
    ...(characters !== undefined && { characters: absoluteModel(characters, folder) }),
  };
}

function scheduleOf(algo: JobAlgo): { frameCount?: number; frameStep?: number; interval?: number } {
  const given = algo.type === 'module' ? { ...algo, ...definedSchedule(argumentsOf(algo)) } : algo;
  return {
    ...(given.frame_count !== undefined && { frameCount: given.frame_count }),
    ...(given.frame_step !== undefined && { frameStep: given.frame_step }),
    ...(given.interval !== undefined && { interval: given.interval }),
  };
}

type Schedule = { frame_count?: number | undefined; frame_step?: number | undefined; interval?: number | undefined };

function definedSchedule(given: Schedule): Schedule {
  return Object.fromEntries(SCHEDULE_KEYS.filter((key) => given[key] !== undefined).map((key) => [key, given[key]]));
}

/** What is left for the class once the three numbers are taken out. */
function userArguments(algo: Extract<JobAlgo, { type: 'module' }>): Record<string, unknown> {
  return without(SCHEDULE_KEYS, argumentsOf(algo));
}

function without(keys: readonly string[], named: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(named).filter(([key]) => !keys.includes(key)));
}

/** `args` (the seed's 0.4.1) and `kwargs` (0.6.7) as one. */
function argumentsOf<A extends object>(given: { args?: A | undefined; kwargs?: A | undefined }): Partial<A> {
  return { ...given.args, ...given.kwargs };
}

type ExportInput = {
  readonly module: string;
  readonly export?: string | undefined;
  readonly name?: string | undefined;
  readonly args?: Record<string, unknown> | undefined;
  readonly kwargs?: Record<string, unknown> | undefined;
};

/** `name` without `export` is the seed's: it names the class. */
function exportOf(input: ExportInput, folder: string): ModuleExport {
  const name = input.export ?? input.name;
  return {
    module: input.module,
    baseFolder: folder,
    ...(name !== undefined && { export: name }),
    kwargs: argumentsOf<Record<string, unknown>>(input),
  };
}

function sinkOf(sink: SinkPlan, folder: string): SinkPlan {
  return {
    ...sink,
    ...(sink.spool !== undefined && { spool: resolve(folder, sink.spool) }),
    ...('path' in sink && { path: resolve(folder, sink.path) }),
  };
}

/** The seed's own dispatchers only collect: ours does that by itself. */
function dispatcherOf(input: NonNullable<JobInput['dispatcher']>, folder: string): ModuleExport | undefined {
  const { module } = input;
  if (module === undefined || /^stream_infer(\.|$)/.test(module)) return undefined;
  const found = exportOf({ ...input, module }, folder);
  return { ...found, kwargs: without(['buffer'], found.kwargs) };
}

/** A name for each algo: its own, else the export's, module's or model's; derived ones are numbered apart. */
function uniqueNames(algos: readonly JobAlgo[]): string[] {
  const taken = new Set<string>();
  algos.forEach((algo, i) => {
    const name = ownName(algo);
    if (name === undefined) return;
    if (taken.has(name)) throw new StreamInferError('JOB_INVALID', `algos[${i}].name: "${name}" is taken by another algo; names are unique`);
    taken.add(name);
  });
  return algos.map((algo) => {
    const name = ownName(algo) ?? freeName(defaultName(algo.type === 'module' ? { ...algo, export: algo.export ?? algo.name } : algo), taken);
    taken.add(name);
    return name;
  });
}

/** In a module algo without `export` the name is the seed's: the class, which two algos may share. */
function ownName(algo: JobAlgo): string | undefined {
  return algo.type === 'module' && algo.export === undefined ? undefined : algo.name;
}

function levelOf(level: NonNullable<JobInput['logging_level']>): LogLevel {
  switch (level) {
    case 'trace': return 'debug';
    case 'success': return 'info';
    case 'critical': return 'error';
    case 'debug':
    case 'info':
    case 'warning':
    case 'error': return level;
  }
}
