import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { type StreamEvent, StreamInferError, type StreamMode, toWire, type WireError } from '../../base/index.js';
import { type Job, type JobOverrides, resolveJob } from '../job.js';
import { isLoadError } from '../load-error.js';
import { runJob } from '../run-job.js';
import { identityOf } from '../run-identity.js';
import { EXIT, exitCodeOf, numberOf, onlyArgument, readArguments, tellError } from './exit.js';
import { openInterrupt } from './interrupt.js';
import { openResumableWriter } from './resumable-writer.js';
import { isReaderGone, openResultWriter, resultLine, type ResultWriter } from './result-writer.js';
import { openRunLog, type RunLog } from './run-log.js';
import { sinkTeller, tellSinks } from './sink-log.js';

const OPTIONS = {
  results: { type: 'string' },
  resume: { type: 'boolean', default: false },
  source: { type: 'string' },
  mode: { type: 'string' },
  record: { type: 'string' },
  fps: { type: 'string' },
  position: { type: 'string' },
  stats: { type: 'boolean', default: false },
  threads: { type: 'string' },
  quiet: { type: 'boolean', default: false },
} as const;

/** `stream-infer run JOB.json …`: runs a job to its end. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments({ args: [...args], options: OPTIONS, allowPositionals: true });
  const path = onlyArgument(positionals, 'job file');
  const overrides = overridesOf(values);
  const job = resolveJob(await readJob(path), dirname(resolve(path)), overrides);
  const log = await openRunLog(job.logLevel, values.quiet ? 'quiet' : 'normal');
  const writer = await openWriter(job, values);
  if (values.resume) log.say('info', writer.known ? 'goes on where the run before broke off' : 'there is nothing to go on with: begins anew');
  try {
    const goesOn = writer.known ? { ...job, plan: { ...job.plan, known: writer.known } } : job;
    return await play({ job: goesOn, threads: threadsOf(values.threads) }, { log, writer, stats: values.stats ? 'told' : 'left-out' });
  } finally {
    log.close();
    await writer.close();
  }
}

/** Offline results in a file have a checkpoint beside them; devices and pipes cannot be gone on with. */
async function openWriter(job: Job, { results, resume }: { readonly results?: string; readonly resume: boolean }): Promise<ResultWriter> {
  const found = results === undefined ? undefined : await stat(results).catch(() => undefined);
  if (results !== undefined && job.plan.mode === 'offline' && (found?.isFile() ?? true)) {
    return await openResumableWriter({ path: resolve(results), identity: await identityOf(job), how: resume ? 'resume' : 'anew' });
  }
  if (resume) throw new StreamInferError('OPTION_INVALID', '--resume: only a job of mode offline whose --results are a file can go on; leave it out');
  return await openResultWriter(results);
}

type Output = { readonly log: RunLog; readonly writer: ResultWriter; readonly stats: 'told' | 'left-out' };

type Ended = Extract<StreamEvent, { event: 'ended' }>;

/** Plays the job, writes its results and the last line, tells what went wrong. */
async function play({ job, threads }: { readonly job: Job; readonly threads: number }, output: Output): Promise<number> {
  const { log, writer } = output;
  const seen: { started: boolean; errors: number; ended?: Ended } = { started: false, errors: 0 };
  const onEvent = (event: StreamEvent): void => {
    if (event.event === 'started') seen.started = true;
    if (event.event === 'error') seen.errors += 1;
    if (event.event === 'ended') seen.ended = event;
    // what ends the run is told by itself, below
    const endsRun = event.event === 'error' && (event.fatal || (isLoadError(event.error.code) && seen.errors === 1));
    if (!endsRun) log.tell(event);
  };
  const interrupt = openInterrupt((text) => { log.say('info', text); });
  try {
    const { reason, sinks } = await runJob(job, { onResult: async (result) => { if (!writer.has(result)) await writer.write(resultLine(result)); }, onEvent, onSink: sinkTeller(log), threads, signal: interrupt.signal });
    if (seen.ended) await writeEnd(output, seen.ended);
    const areSent = tellSinks(log, sinks);
    if (seen.errors > 0 || !areSent) return EXIT.other;
    return reason === 'stopped' && job.plan.mode === 'offline' ? EXIT.other : EXIT.done;
  } catch (error) {
    // `stream-infer run … | head`: the reader has what it wanted
    if (isReaderGone(error)) return EXIT.done;
    log.close();
    tellError(error);
    if (seen.ended) await writeEnd(output, seen.ended, toWire(error)).catch(() => undefined);
    return exitCodeOf(error, seen.started ? 'playing' : 'opening');
  } finally {
    interrupt.end();
  }
}

/** The last line, which programs read, and what the run has cost for people. */
async function writeEnd({ log, writer, stats: telling }: Output, { reason, totals }: Ended, error?: WireError): Promise<void> {
  const { recorded, unrecorded, stats, ...counts } = totals;
  const files = { ...(recorded.length > 0 && { recorded }), ...(Object.keys(unrecorded).length > 0 && { unrecorded }) };
  const line = { event: 'ended', ...counts, ...files, ...(telling === 'told' && { stats }), ...(error && { error }) };
  if (telling === 'told') log.stats(stats);
  await writer.end(line, reason === 'finished' && error === undefined ? 'finished' : 'broken-off');
}

async function readJob(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => { throw unreadable(path, cause); });
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

function unreadable(path: string, cause: unknown): StreamInferError {
  return new StreamInferError('JOB_INVALID', `read ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}

type Values = { readonly [K in 'source' | 'mode' | 'record' | 'fps' | 'position']?: string };

function overridesOf({ source, mode, record, fps, position }: Values): JobOverrides {
  return {
    ...(source !== undefined && { source }),
    ...(record !== undefined && { record }),
    // the job's schema tells what a mode can be
    ...(mode !== undefined && { mode: mode as StreamMode }),
    ...(fps !== undefined && { fps: numberOf('--fps', fps) }),
    ...(position !== undefined && { position: numberOf('--position', position) }),
  };
}

/** Cores to use; 0: all. */
function threadsOf(text: string | undefined): number {
  const threads = text === undefined ? 0 : numberOf('--threads', text);
  if (Number.isInteger(threads) && threads >= 0 && threads <= 256) return threads;
  throw new StreamInferError('OPTION_INVALID', `--threads: expected a whole number from 0 to 256, got ${String(text)}`);
}
