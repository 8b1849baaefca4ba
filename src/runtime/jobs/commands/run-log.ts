import { type Options, SingleBar } from 'cli-progress';

import type { StreamEvent, StreamTotals } from '../../base/index.js';
import type { LogLevel } from '../job.js';
import { oneLine } from './exit.js';

const RANK: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warning: 2, error: 3 };

const BAR: Options = {
  format: '{bar} {percentage} % | {position} | {fps} fps | left {left}',
  stream: process.stderr,
  hideCursor: true,
  clearOnComplete: true,
  barsize: 30,
};

/** What is told on standard error while a job runs: events as lines, progress as a bar if it is a terminal. */
export class RunLog {
  readonly #least: number;
  #bar: SingleBar | undefined;

  /** `quiet`: errors only, and no bar. */
  constructor(level: LogLevel, how: 'normal' | 'quiet') {
    this.#least = how === 'quiet' ? RANK.error : RANK[level];
    if (how === 'normal' && process.stderr.isTTY) this.#bar = new SingleBar(BAR);
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
  switch (event.event) {
    case 'started': return ['info', `${event.stream.name}: ${event.stream.width}×${event.stream.height}, ${event.stream.fps} fps, ${event.backend}`];
    case 'stalled': return ['warning', `${event.error.message}; next try in ${event.retryIn.toFixed(1)} s`];
    case 'reconnected': return ['info', `connected again after ${event.attempts} tries`];
    case 'dropped': return ['warning', `dropped${event.algo === undefined ? '' : ` (${event.algo})`}: ${countsText(event.counts)}`];
    case 'algo': return [event.state === 'ready' ? 'info' : 'debug', `${event.algo}: ${event.state}${descriptionText(event.description)}`];
    case 'recording': return ['info', `recording ${event.state}: ${event.path}`];
    case 'warning': return ['warning', event.message];
    case 'error': return ['error', `${event.error.code}: ${event.error.message}`];
    case 'ended': return ['info', `${event.reason}: ${totalsText(event.totals)}`];
    case 'connecting':
    case 'progress':
    case 'paused':
    case 'resumed': return ['debug', JSON.stringify(event)];
  }
}

function totalsText({ frames, algos, seconds }: StreamTotals): string {
  const runs = Object.entries(algos).map(([name, { runs: count, skipped }]) => {
    const left = countsText(skipped);
    return `${name} ${count} runs${left === '' ? '' : ` (skipped: ${left})`}`;
  });
  return [`${frames.delivered} frames`, ...runs, `${seconds.toFixed(1)} s`].join(', ');
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
