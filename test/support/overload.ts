import { readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

import { type StreamPlanInput } from '../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../dist/runtime/base/plan.js';
import { openEngineClient } from '../../dist/runtime/engine/index.js';
import { enginePids } from './engine.js';
import type { Flow } from './flows.js';
import { type NodeRed, startNodeRed } from './node-red.js';

/*
 * More streams in a real Node-RED than the cores can carry, and how it fares: the engine, the streams of each priority, Node-RED's own pages.
 */

export type OverloadOptions = {
  /** Video that every stream plays in a loop, at its own speed. */
  readonly clip: string;
  /** Fields of the algo node that all streams share. */
  readonly algo: Readonly<Record<string, unknown>>;
  /** Folder of the algo's module. */
  readonly moduleFolder?: string;
  /** Seconds from run to run. */
  readonly interval: number;
  /** Streams of each priority. */
  readonly streams: Readonly<Record<number, number>>;
  /** Measured so long, when all have started. */
  readonly seconds: number;
  readonly env?: Readonly<Record<string, string>>;
};

export type PriorityOutcome = {
  readonly priority: number;
  /** Runs in percent of those that were due. */
  readonly keptPercent: number;
  /** From a frame's delivery to its result, without the run itself: how old it was when its run began, in milliseconds. */
  readonly ageMs: Percentiles;
  /** Since the start, by cause: frames, and the algo's turns. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly skipped: Readonly<Record<string, number>>;
};

export type Percentiles = { readonly p50: number; readonly p99: number; readonly max: number };

export type OverloadOutcome = {
  readonly priorities: readonly PriorityOutcome[];
  /** Resident, of the engine process. */
  readonly memory: { readonly afterStartMiB: number; readonly peakMiB: number; readonly endMiB: number };
  /** Milliseconds of Node-RED's answers by path; those before any stream played tell what else the machine does. */
  readonly answers: Readonly<Record<string, Percentiles>>;
  readonly answersBefore: Readonly<Record<string, Percentiles>>;
  /** Of all cores' time, idle. */
  readonly idlePercent: number;
  /** Crashes and restarts of the engine, as Node-RED's log tells. */
  readonly troubles: readonly string[];
};

/** The editor's flows and settings, and a flow. */
const PATHS = ['/flows', '/settings', '/ping'] as const;
const BEFORE_MS = 3000;

/** What the function nodes note: totals of ended streams, ages of frames, by stream. */
type Noted = {
  readonly started: number;
  readonly ended: Readonly<Record<string, { readonly frames: { readonly dropped: Readonly<Record<string, number>> }; readonly algos: Readonly<Record<string, { readonly runs: number; readonly skipped: Readonly<Record<string, number>> }>> }>>;
  readonly runs: Readonly<Record<string, number>>;
  readonly ages: Readonly<Record<string, readonly number[]>>;
};

const SEEN = "const seen = flow.get('seen') ?? { started: 0, ended: {}, runs: {}, ages: {} };\nflow.set('seen', seen);\n";
const NOTE_RESULT = `${SEEN}
seen.runs[msg.topic] = (seen.runs[msg.topic] ?? 0) + 1;
(seen.ages[msg.topic] ??= []).push(Math.round(msg.timing.latencyMs - msg.timing.inferenceMs));
return null;`;
const NOTE_EVENT = `${SEEN}
if (msg.payload.event === 'started') seen.started += 1;
if (msg.payload.event === 'ended') seen.ended[msg.topic] = msg.payload;
return null;`;
const TELL = `${SEEN}
if (msg.req.query.clear) { seen.runs = {}; seen.ages = {}; }
msg.payload = seen;
return msg;`;

/** CPU that one such stream takes, in cores: measured in an engine of its own. */
export async function cpuOfStream({ clip, algo, moduleFolder, interval }: Omit<OverloadOptions, 'streams' | 'seconds'>): Promise<number> {
  const { kind, model, module, export: exported } = algo;
  const plan = {
    id: 's', name: 's', mode: 'realtime', source: { location: clip, loop: true },
    algos: [{ id: 'a', name: 'a', kind, interval, ...(kind === 'onnx' ? { model } : { module, export: exported, baseFolder: moduleFolder }) }],
  } as StreamPlanInput;
  let onResult = (): void => undefined;
  const has = new Promise<void>((resolve) => {
    onResult = () => { resolve(); };
  });
  const engine = await openEngineClient({}, { onResult: () => { onResult(); }, onEvent: () => undefined });
  await engine.start(resolveStreamPlan(plan));
  await has;
  const pid = enginePids().at(-1) ?? -1;
  await wait(1000);
  const [before, beganAtMs] = [cpuMsOf(pid), performance.now()];
  await wait(5000);
  const cores = (cpuMsOf(pid) - before) / (performance.now() - beganAtMs);
  await engine.destroy();
  return cores;
}

/** Plays it all. */
export async function playOverload(options: OverloadOptions): Promise<OverloadOutcome> {
  const nodeRed = await startNodeRed({ flows: flowOf(options), ...(options.env && { env: options.env }) });
  try {
    const names = namesOf(options.streams);
    const answersBefore = await answersWhile(nodeRed, wait(BEFORE_MS));
    await nodeRed.admin('/start');
    await untilNoted(nodeRed, ({ started }) => started >= names.length);
    const pid = enginePidsOf(nodeRed.process.pid ?? -1)[0] ?? -1;
    await nodeRed.admin('/seen?clear=1');
    const began = { atMs: performance.now(), idleMs: idleMs(), memoryMiB: memoryMiB(pid, 'VmRSS') };
    const answers = await answersWhile(nodeRed, wait(options.seconds * 1000));
    const noted = await notedBy(nodeRed);
    const seconds = (performance.now() - began.atMs) / 1000;
    const idlePercent = (100 * (idleMs() - began.idleMs)) / (seconds * 1000 * cpuCount());
    const memory = { afterStartMiB: began.memoryMiB, peakMiB: memoryMiB(pid, 'VmHWM'), endMiB: memoryMiB(pid, 'VmRSS') };
    await nodeRed.admin('/stop');
    const { ended } = await untilNoted(nodeRed, (seen) => Object.keys(seen.ended).length >= names.length);
    const priorities = prioritiesOf(options.streams).map((priority) => outcomeOf(priority, { noted: { ...noted, ended }, due: (seconds / options.interval) * (options.streams[priority] ?? 0) }));
    return { priorities, memory, answers, answersBefore, idlePercent, troubles: nodeRed.logs.filter((line) => /crash|started anew|ENGINE_/.test(line)) };
  } finally {
    await nodeRed.stop();
  }
}

function outcomeOf(priority: number, { noted, due }: { readonly noted: Noted; readonly due: number }): PriorityOutcome {
  const ours = (name: string): boolean => name.startsWith(`${priority}/`);
  const valuesOf = <T>(map: Readonly<Record<string, T>>): T[] => Object.entries(map).filter(([name]) => ours(name)).map(([, value]) => value);
  const runs = valuesOf(noted.runs).reduce((total, count) => total + count, 0);
  const ended = valuesOf(noted.ended);
  return {
    priority,
    keptPercent: Math.min(100, (100 * runs) / due),
    ageMs: percentilesOf(valuesOf(noted.ages).flat()),
    dropped: addUp(ended.map(({ frames }) => frames.dropped)),
    skipped: addUp(ended.flatMap(({ algos }) => Object.values(algos).map(({ skipped }) => skipped))),
  };
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [cause, count] of counts.flatMap((each) => Object.entries(each))) total[cause] = (total[cause] ?? 0) + count;
  return total;
}

/** By nearest rank. */
export function percentilesOf(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (percent: number): number => sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
  return { p50: at(50), p99: at(99), max: at(100) };
}

function prioritiesOf(streams: OverloadOptions['streams']): number[] {
  return Object.keys(streams).map(Number).sort((a, b) => b - a);
}

function namesOf(streams: OverloadOptions['streams']): { readonly name: string; readonly priority: number }[] {
  return prioritiesOf(streams).flatMap((priority) => Array.from({ length: streams[priority] ?? 0 }, (_, at) => ({ name: `${priority}/${at}`, priority })));
}

function flowOf({ clip, algo, moduleFolder, interval, streams }: OverloadOptions): Flow {
  const place = { z: 'tab', x: 100, y: 100 };
  const sources = namesOf(streams);
  const func = (id: string, text: string, wires: string[][]): Flow[number] => ({ ...place, id, type: 'function', func: text, outputs: wires.length, libs: [], wires });
  const httpIn = (url: string, to: string): Flow[number] => ({ ...place, id: `in ${url}`, type: 'http in', url, method: 'get', wires: [[to]] });
  return [
    { id: 'tab', type: 'tab', label: 'Overload' },
    { id: 'engine', type: 'stream-engine', ...(moduleFolder !== undefined && { moduleFolder }), ...(typeof algo['model'] === 'string' && { modelFolder: dirname(algo['model']) }) },
    ...sources.map(({ name, priority }) => ({ ...place, id: name, type: 'stream-source', name, location: clip, loop: true, mode: 'realtime', start: 'message', priority, engine: 'engine', wires: [['producer']] })),
    { ...place, id: 'producer', type: 'stream-producer', wires: [['algo']] },
    { ...place, id: 'algo', type: 'stream-algo', name: 'algo', interval, ...algo, wires: [['dispatcher']] },
    { ...place, id: 'dispatcher', type: 'stream-dispatcher', wires: [['results'], ['events']] },
    func('results', NOTE_RESULT, [[]]),
    func('events', NOTE_EVENT, [[]]),
    httpIn('/seen', 'tell'), func('tell', TELL, [['answer']]),
    httpIn('/ping', 'pong'), func('pong', "msg.payload = 'pong';\nreturn msg;", [['answer']]),
    ...['start', 'stop'].flatMap((action) => [
      httpIn(`/${action}`, action), func(action, `return [{ payload: { action: '${action}' } }, msg];`, [sources.map(({ name }) => name), ['answer']]),
    ]),
    { ...place, id: 'answer', type: 'http response', wires: [] },
  ];
}

async function notedBy(nodeRed: NodeRed): Promise<Noted> {
  return await (await nodeRed.admin('/seen')).json() as Noted;
}

async function untilNoted(nodeRed: NodeRed, found: (noted: Noted) => boolean): Promise<Noted> {
  const giveUpAtMs = performance.now() + 120_000;
  let noted = await notedBy(nodeRed);
  while (!found(noted)) {
    if (performance.now() > giveUpAtMs) throw new Error(`${noted.started} streams have started, ${Object.keys(noted.ended).length} ended:\n${nodeRed.logs.slice(-30).join('\n')}`);
    await wait(200);
    noted = await notedBy(nodeRed);
  }
  return noted;
}

async function answersWhile(nodeRed: NodeRed, playing: Promise<unknown>): Promise<OverloadOutcome['answers']> {
  const over = new AbortController();
  const probing = Promise.all(PATHS.map(async (path) => [path, percentilesOf(await probe(nodeRed, path, over.signal))] as const));
  await playing;
  over.abort();
  return Object.fromEntries(await probing);
}

/** How long Node-RED takes to answer, asked a few times a second. */
async function probe(nodeRed: NodeRed, path: string, signal: AbortSignal): Promise<number[]> {
  const times: number[] = [];
  while (!signal.aborted) {
    const askedAtMs = performance.now();
    await (await nodeRed.admin(path)).text();
    times.push(performance.now() - askedAtMs);
    await wait(100);
  }
  return times;
}

/** Ids of the engine processes that are children of that process. */
export function enginePidsOf(parent: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) === parent && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('engine-process');
    } catch {
      return false; // it has just ended
    }
  });
}

/** A field of /proc/PID/status that is told in kB. */
export function memoryMiB(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024);
}

/** User and system time of the process, of 10 ms ticks (proc(5)). */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function cpuLines(): string[] {
  return readFileSync('/proc/stat', 'utf8').split('\n').filter((line) => /^cpu\d/.test(line));
}

function cpuCount(): number {
  return cpuLines().length;
}

function idleMs(): number {
  return cpuLines().reduce((sum, line) => sum + Number(line.split(/\s+/)[4]) * 10, 0);
}

/**
 * Resident memory that an engine may take, as docs/reliability.md states it: for the process, for each model or thread of code, and for each stream
 * with frames of that size (its thread and its share of FFmpeg, frames of 1.5 bytes a pixel in the decoder, its ring and on their way).
 */
export function memoryBudgetMiB({ streams, lanes, width, height }: { readonly streams: number; readonly lanes: number; readonly width: number; readonly height: number }): number {
  const frameMiB = (1.5 * width * height) / 2 ** 20;
  return Math.round(200 + 100 * lanes + streams * (30 + 30 * frameMiB));
}
