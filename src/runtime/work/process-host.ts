import { type ChildProcess, fork } from 'node:child_process';

/** How a child process is started. */
export type ProcessOptions<Out> = {
  /** Absolute path of the process's compiled entry file. */
  readonly entry: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly onMessage: (message: Out) => void;
  /** Once, when the process has ended; says how ("signal SIGSEGV", "exit code 1"). */
  readonly onExit: (how: string) => void;
};

/** Our end of a child process. */
export interface ProcessHost<In> {
  readonly pid: number;
  /** Never waits. False when the process has gone, its channel is closed, or it takes nothing any more and too much waits for it already. */
  post(message: In): boolean;
  readonly ended: Promise<void>;
  /** SIGKILL: native code cannot delay it. */
  kill(): void;
}

/** Messages that wait to be taken by a process: one that stands still must not fill the memory of ours. */
const MOST_UNSENT = 1000;

/**
 * Forks a Node process whose messages are structured clones. Its standard output goes to our standard error, so that
 * nothing it prints mixes with what we print. It has no debugger and no loaders of ours.
 */
export function openProcess<In, Out>(options: ProcessOptions<Out>): ProcessHost<In> {
  const child: ChildProcess = fork(options.entry, [], {
    serialization: 'advanced',
    execArgv: [],
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 2, 2, 'ipc'],
  });
  let unsent = 0;
  const post = (message: In): boolean => {
    if (!child.connected || unsent >= MOST_UNSENT) return false;
    unsent += 1;
    child.send(message as object, () => { unsent -= 1; });
    return true;
  };
  child.on('message', (message) => { options.onMessage(message as Out); });
  const ended = new Promise<void>((resolve) => {
    let told = false;
    const end = (how: string): void => {
      if (told) return;
      told = true;
      options.onExit(how);
      resolve();
    };
    child.once('error', (error) => { end(error.message); });
    child.once('exit', (code, signal) => { end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`); });
  });
  return {
    pid: child.pid ?? -1,
    post,
    ended,
    kill: () => { child.kill('SIGKILL'); },
  };
}
