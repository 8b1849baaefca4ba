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
  /** False when the process has gone or its channel is closed. */
  post(message: In): boolean;
  readonly ended: Promise<void>;
  /** SIGKILL: native code cannot delay it. */
  kill(): void;
}

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
    post: (message) => child.connected && child.send(message as object, () => undefined),
    ended,
    kill: () => { child.kill('SIGKILL'); },
  };
}
