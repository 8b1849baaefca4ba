import type { Options, SingleBar } from 'cli-progress';

import type { StreamEvent, StreamStats, StreamTotals } from '../../base/index.js';
import type { LogLevel } from '../job.js';
import { oneLine } from './exit.js';
import { statsTable } from './stats-table.js';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

const BAR: Options = {
  format: '{bar} {percentage} % | {position} | {fps} fps | left {left}',
  stream: process.stderr,
  hideCursor: true,
  clearOnComplete: true,
  barsize: 30,
};

/** `quiet`: errors only, and no bar. */
export async function openRunLog(level: LogLevel, how: 'normal' | 'quiet'): Promise<RunLog> {
  const least = how === 'quiet' ? RANK.error : RANK[level];
  if (how === 'quiet' || !process.stderr.isTTY) return new RunLog(how, least);
  // optional: without it there is no bar
  const cliProgress = await import('cli-progress').catch(() => undefined);
  return new RunLog(how, least, cliProgress && new cliProgress.SingleBar(BAR));
}

/** What is told on standard error while a job runs: events as lines, progress as a bar if it is a terminal. */
export class RunLog {
  readonly #how: 'normal' | 'quiet';
  /** Rank of the lowest level that is told. */
  readonly #least: number;
  #bar: SingleBar | undefined;

  constructor(how: 'normal' | 'quiet', least: number, bar?: SingleBar) {
    this.#how = how;
    this.#least = least;
    this.#bar = bar;
  }

  tell(event: StreamEvent): void {
    if (event.event === 'progress') this.#progress(event);
    else if (event.event === 'ended') this.close();
    const [level, text] = describe(event);
    this.say(level, text);
  }

  say(level: LogLevel, text: string): void {
    if (RANK[level] < this.#least) return;
    // the bar's line is wiped; it is drawn again below at the next progress
    process.stderr.write(`${this.#bar?.isActive ? '\r\x1b[K' : ''}${level}: ${oneLine(text)}\n`);
  }

  /** What a run has cost, as a table; whatever the level, for it was asked for. */
  stats(stats: StreamStats): void {
    if (this.#how === 'normal') process.stderr.write(`${statsTable(stats)}\n`);
  }

  /** Takes the bar away. */
  close(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #progress(event: Extract<StreamEvent, { event: 'progress' }>): void {
    if (!this.#bar) return;
    const shown = { position: clock(event.position), fps: event.fps.toFixed(1), left: event.eta === undefined ? '?' : clock(event.eta) };
    if (!this.#bar.isActive) this.#bar.start(100, 0, shown);
    this.#bar.update(Math.round(event.percent ?? 0), shown);
  }
}

type Line = readonly [level: LogLevel, text: string];

function describe(event: StreamEvent): Line {
  return (LINES[event.event] as (event: StreamEvent) => Line)(event);
}

const LINES: { readonly [E in StreamEvent['event']]: (event: StreamEvent & { readonly event: E }) => Line } = {
  connecting: ({ location, attempt }) => ['debug', `opens ${location}, try ${attempt}`],
  started: ({ stream, backend, threads: { decode, encode } }) => [
    'info', `${stream.name}: ${stream.width}×${stream.height}, ${stream.fps} fps, ${backend}, threads: decoder ${decode}, encoder ${encode}`,
  ],
  progress: ({ position }) => ['debug', `at ${clock(position)}`],
  paused: ({ position }) => ['debug', `paused at ${clock(position)}`],
  resumed: ({ position }) => ['debug', `goes on at ${clock(position)}`],
  stalled: ({ error, retryIn }) => ['warning', `${error.message}; next try in ${retryIn.toFixed(1)} s`],
  reconnected: ({ attempts }) => ['info', `connected again after ${attempts} tries`],
  picture: ({ state, seconds }) => (state === 'ok' ? ['info', `the picture moves again, after ${seconds} s`] : ['warning', `the picture is ${state} for ${seconds} s`]),
  dropped: ({ algo, recorderId, counts }) => ['warning', `${recorderId === undefined ? 'dropped' : 'not recorded'}${algo === undefined ? '' : ` (${algo})`}: ${countsText(counts)}`],
  algo: ({ algo, state, description, error, retryIn = 0 }) => error ? ['warning', `${error.message}; next try in ${retryIn.toFixed(1)} s`] : [state === 'ready' ? 'info' : 'debug', `${algo}: ${state}${descriptionText(description)}`],
  recording: ({ state, path }) => ['info', `recording ${state}: ${path}`],
  warning: ({ message }) => ['warning', message],
  error: ({ error }) => ['error', `${error.code}: ${error.message}`],
  ended: ({ reason, totals }) => [reason === 'failed' ? 'debug' : 'info', `${reason}: ${totalsText(totals)}`],
};

function totalsText({ frames, algos, seconds }: StreamTotals): string {
  const runs = Object.entries(algos).map(([name, { runs: count, skipped }]) => {
    const left = countsText(skipped);
    return `${name} ${count} runs${left === '' ? '' : ` (skipped: ${left})`}`;
  });
  const { delivered, decoded, skipped, converted } = frames;
  return [`${delivered} frames (${decoded} decoded, ${skipped} skipped, ${converted} converted)`, ...runs, `${seconds.toFixed(1)} s`].join(', ');
}

function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts).map(([cause, count]) => `${cause} ${count}`).join(', ');
}

function descriptionText(description: Readonly<Record<string, unknown>> | undefined): string {
  const plain = Object.entries(description ?? {}).filter(([, value]) => typeof value === 'string' || typeof value === 'number');
  return plain.length === 0 ? '' : ` (${plain.map(([key, value]) => `${key} ${String(value)}`).join(', ')})`;
}

/** Seconds as `1:02:03` or `2:03`. */
function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, '0');
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
