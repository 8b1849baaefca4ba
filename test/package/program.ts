import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** How a program ended and what it said. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type RunOptions = {
  readonly cwd?: string;
  /** Added to `cleanEnv()`. */
  readonly env?: Readonly<Record<string, string>>;
};

const NOT_INHERITED = /^(npm_(?!config_registry$)|NODE_OPTIONS$|ONNXRUNTIME_NODE_|FFMPEG_)/;

/**
 * This process's environment without what `npm run` puts into it: an npm that a test starts is the machine's, and reads
 * the settings of the folder it works in, as a user's does, and not those of this repository.
 */
export function cleanEnv(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !NOT_INHERITED.test(name));
  const path = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => !folder.endsWith(join('node_modules', '.bin')));
  return { ...Object.fromEntries(kept), PATH: path.join(delimiter) };
}

/** Runs a program to its end. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Ended> {
  const child = spawn(program, args, { cwd: options.cwd, env: { ...cleanEnv(), ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) child[name].setEncoding('utf8').on('data', (text: string) => { said[name] += text; });
  const code = await new Promise<number | null>((done, fail) => {
    child.once('error', fail);
    child.once('close', done);
  });
  return { code, ...said };
}

/** Runs a program that must succeed; gives its standard output. Throws with all that it said. */
export async function must(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, options);
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}:\n${stdout}${stderr}`);
  return stdout;
}
