#!/usr/bin/env node
import { join } from 'node:path';

import { defaultCacheFolder } from '../algo/index.js';
import { StreamInferError } from '../base/index.js';
import { keepCompiled } from '../work/index.js';
import { EXIT, exitCodeOf, tellError } from './commands/exit.js';
import { packageVersion } from './version.js';

const HELP = `Streaming video inference on files, cameras and streams.

  stream-infer run JOB.json [--results FILE.jsonl [--resume]] [--source LOCATION] [--mode offline|realtime]
                             [--record FILE.mp4] [--fps N] [--position SECONDS] [--threads N] [--stats] [--quiet]
      Runs a job to its end: one JSON object a result on standard output, or in FILE.jsonl.
      --resume goes on with FILE.jsonl where an offline run broke off: no result is lost or written twice.
      --stats tells what decoding, converting, waiting, inference and encoding took.
  stream-infer probe LOCATION
      What is in a file, stream or camera, as JSON.
  stream-infer inspect MODEL.onnx [--image LOCATION] [--out FILE.jpg]
      Family, inputs, outputs and labels of a model, as JSON; with a picture (or the first one of any source) also
      what it finds there, drawn into FILE.jpg.
  stream-infer plan MODEL [--source FILE] [--interval SECONDS,…] [--record] [--threads N] [--cpu PERCENT] [--memory PERCENT]
                             [--streams N] [--seconds N] [--json]
      How many cameras this machine carries with a model: plays some, more and more, and measures what they take.
      FILE: some seconds of such a camera. --interval: seconds from run to run (0.1,0.5,1,5).
  stream-infer doctor [--json]
      What this machine can do, and what to install for the rest.
  stream-infer --help | --version

Exit code: 0 done, 2 bad job or arguments, 3 source cannot be opened, 4 model or module cannot be loaded,
1 anything else. Ctrl-C stops and closes recordings; a second one ends at once.
`;

/** A subcommand's file: takes the arguments after its name, gives the exit code. */
type Command = (args: readonly string[]) => Promise<number>;

const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  run: async () => (await import('./commands/run.js')).run,
  probe: async () => (await import('./commands/probe.js')).probe,
  inspect: async () => (await import('./commands/inspect.js')).inspect,
  plan: async () => (await import('./commands/plan.js')).plan,
  doctor: async () => (await import('./commands/doctor.js')).doctor,
};

async function main([name, ...args]: readonly string[]): Promise<number> {
  if (name === '--version' || name === '-v') return say(`${packageVersion()}\n`);
  if (name === '--help' || name === '-h' || name === 'help' || args.includes('--help') || args.includes('-h')) return say(HELP);
  const load = name !== undefined && Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load) {
    keepCompiled(join(defaultCacheFolder(), 'compiled'));
    return (await load())(args);
  }
  const known = Object.keys(COMMANDS).join(', ');
  throw new StreamInferError('OPTION_INVALID', `expected one of ${known}${name === undefined ? '' : `, got ${name}`}; see stream-infer --help`);
}

function say(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** With nothing left to wait for, the process would end as if all were well. */
function waitsForNothing(): void {
  tellError(new StreamInferError('STATE_INVALID', 'it waits for something that can come no more; does a collect or process function never resolve?'));
  process.exitCode = EXIT.other;
}

/** The code is kept until all output is written; what still holds the process then has two seconds to end. */
function end(code: number): void {
  process.off('beforeExit', waitsForNothing);
  process.exitCode = code;
  setTimeout(() => process.exit(code), 2000).unref();
}

// whoever read our output may be gone before us
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

process.on('beforeExit', waitsForNothing);
main(process.argv.slice(2)).then(end, (error: unknown) => {
  tellError(error);
  end(exitCodeOf(error));
});
