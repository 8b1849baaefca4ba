import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Clock } from '../base/index.js';
import { openProcess, type ProcessHost } from '../work/index.js';
import { MessageCount } from './message-count.js';
import type { ClientMessage, EngineMessage, Numbered } from './messages.js';
import { marksFolder, marksVariables, takeMarks } from './work-marks.js';

/** How an engine process is watched. */
export type SupervisorOptions = {
  readonly threads: number;
  /** MiB; 0: no limit. */
  readonly memoryLimitMb: number;
  /** Seconds without an answer after which it hangs. */
  readonly hangSeconds: number;
  readonly clock: Clock;
  readonly onMessage: (message: Exclude<EngineMessage, { type: 'pong' }>) => void;
  /** Once for each process: messages of it did not arrive. */
  readonly onLost: (missing: number) => void;
  /** The process has ended. */
  readonly onEnd: (end: ProcessEnd) => void;
};

/** How an engine process ended. */
export type ProcessEnd = {
  /** For people: "signal SIGSEGV". */
  readonly how: string;
  /** From its start. */
  readonly lifeMs: number;
  /** What was at work. */
  readonly parts: readonly string[];
  /** Killed by somebody outside: it says nothing of what was played. */
  readonly isForeign: boolean;
};

/** Questions that may stay without an answer. */
const MOST_SILENT_BEATS = 5;

/** One engine process at a time: starts it, watches that it answers and how much memory it takes, and tells its end. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  #running: Running | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Whether there is a process; it may be about to end. */
  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  launch(): void {
    const running: Running = new Running(this.#options, (end) => {
      this.#running = undefined;
      this.#options.onEnd(end);
    });
    this.#running = running;
  }

  /** Never waits. False when nobody takes it. */
  post(message: ClientMessage): boolean {
    return this.#running?.host.post(message) ?? false;
  }

  /** Ends the process now; resolves when it is gone and its end was told. */
  async kill(): Promise<void> {
    const running = this.#running;
    running?.host.kill();
    await running?.gone;
  }
}

/** A process from its start to its end. */
class Running {
  readonly host: ProcessHost<ClientMessage>;
  readonly gone: Promise<void>;
  readonly #options: SupervisorOptions;
  readonly #startedAtMs: number;
  readonly #oomKills = oomKills();
  readonly #heartbeat: NodeJS.Timeout;
  readonly #count = new MessageCount();
  /** Beats since it last said something. A process of ours that stands still beats once when it goes on, and then hears. */
  #silentBeats = 0;
  /** Why it was killed by us. */
  #why: string | undefined;

  constructor(options: SupervisorOptions, onEnd: (end: ProcessEnd) => void) {
    this.#options = options;
    this.#startedAtMs = options.clock.now();
    const folder = marksFolder(randomUUID());
    let how = '';
    this.host = openProcess<ClientMessage, Numbered>({
      entry: join(__dirname, 'engine-process.js'),
      env: { STREAM_INFER_THREADS: String(options.threads), UV_THREADPOOL_SIZE: '16', ...marksVariables(folder) },
      onMessage: (message) => { this.#hear(message); },
      onExit: (said) => { how = said; },
    });
    this.#heartbeat = setInterval(() => { this.#beat(); }, (options.hangSeconds * 1000) / MOST_SILENT_BEATS);
    this.#heartbeat.unref();
    this.gone = this.host.ended.then(async () => {
      clearInterval(this.#heartbeat);
      const lifeMs = options.clock.now() - this.#startedAtMs;
      const isForeign = this.#why === undefined && how === 'signal SIGKILL' && oomKills() === this.#oomKills;
      onEnd({ how: this.#why ?? how, lifeMs, parts: await takeMarks(folder), isForeign });
    });
  }

  #beat(): void {
    if (this.#silentBeats >= MOST_SILENT_BEATS) {
      this.#kill(`it did not answer for ${String(this.#options.hangSeconds)} s`);
      return;
    }
    this.#silentBeats += 1;
    this.host.post({ type: 'ping' });
  }

  #hear(message: Numbered): void {
    this.#silentBeats = 0;
    const isFirst = this.#count.missing === 0;
    if (this.#count.take(message.number) > 0 && isFirst) this.#options.onLost(this.#count.missing);
    if (message.type === 'pong') this.#checkMemory(message.rssBytes);
    else this.#options.onMessage(message);
  }

  #checkMemory(rssBytes: number): void {
    const limit = this.#options.memoryLimitMb;
    const mib = Math.round(rssBytes / 2 ** 20);
    if (limit > 0 && mib > limit) this.#kill(`it used ${String(mib)} MiB, its limit is ${String(limit)} MiB`);
  }

  #kill(why: string): void {
    this.#why ??= why;
    this.host.kill();
  }
}

/** How many processes Linux has ended so far for want of memory; elsewhere always 0. */
function oomKills(): number {
  try {
    return Number(/^oom_kill (\d+)$/m.exec(readFileSync('/proc/vmstat', 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
