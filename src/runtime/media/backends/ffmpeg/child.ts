import { type ChildProcess, spawn, type StdioOptions } from 'node:child_process';

/** How a run of the program ended. */
export type ChildEnd = {
  /** Exit status; null when a signal ended it or it never started. */
  readonly code: number | null;
  /** Why it could not be started. */
  readonly startError?: Error;
};

export type StartOptions = {
  readonly program: string;
  readonly args: readonly string[];
  readonly stdio: StdioOptions;
  /** Beside our own environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Gets each line of standard error, without its end. */
  readonly onLine: (line: string) => void;
};

/** A run of the ffmpeg program. */
export type ProgramChild = {
  readonly process: ChildProcess;
  /** Resolves when it ended and all its pipes are read; never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** SIGKILL, at once; may be called twice. */
  kill(): void;
};

const running = new Set<ChildProcess>();
// Our own end by process.exit or an uncaught error takes the children along. After a SIGKILL of ours they end by themselves
// at their next write, because nobody reads.
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts the program; a program that cannot be started shows in `ended`. */
export function startProgram(options: StartOptions): ProgramChild {
  const child = spawn(options.program, options.args, {
    stdio: options.stdio,
    windowsHide: true,
    env: { ...process.env, AV_LOG_FORCE_NOCOLOR: '1', ...options.env },
  });
  running.add(child);
  readLines(child, options.onLine);
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('error', (startError) => {
      if (child.pid === undefined) resolve({ code: null, startError });
    });
    child.once('close', (code) => { resolve({ code }); });
  });
  void ended.then(() => running.delete(child));
  const kill = (): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  };
  return { process: child, ended, kill };
}

/** Longest line kept: a hostile stream may make the program print without an end. */
const MAX_LINE = 8192;

function readLines(child: ChildProcess, onLine: (line: string) => void): void {
  let rest = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n|\r/);
    rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    lines.forEach((line) => { onLine(line.slice(0, MAX_LINE)); });
  });
  child.stderr?.on('end', () => { if (rest !== '') onLine(rest); });
}
