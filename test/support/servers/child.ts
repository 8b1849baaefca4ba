import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A program that a test started. */
export type TestChild = {
  readonly process: ChildProcess;
  /** The first line of standard output that `pattern` matches; rejects with the end of stderr when the program ends before. */
  waitForLine(pattern: RegExp): Promise<RegExpExecArray>;
  /** Kills it and waits for its end; may be called twice. */
  stop(): Promise<void>;
};

/** Starts `program`; its stdin is a pipe that closes when this process dies. */
export function startChild(program: string, args: readonly string[]): TestChild {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4000)));
  const ended = new Promise<void>((resolve) => child.once('close', () => { resolve(); }));
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) => { reject(new Error(`${program} did not start`, { cause })); });
    child.once('close', (code) => { reject(new Error(`${program} ended with ${String(code)}: ${log}`)); });
  });
  failed.catch(() => undefined);
  return {
    process: child,
    waitForLine: (pattern) => Promise.race([firstMatch(child.stdout, pattern), failed]),
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await ended;
    },
  };
}

async function firstMatch(stream: Readable, pattern: RegExp): Promise<RegExpExecArray> {
  const lines = createInterface({ input: stream });
  for (;;) {
    const [line] = (await once(lines, 'line')) as [string];
    const match = pattern.exec(line);
    if (match) return match;
  }
}
