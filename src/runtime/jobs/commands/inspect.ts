import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

import { listCatalogue, resolveModelFile } from '../../algo/index.js';
import { plainValue, StreamInferError } from '../../base/index.js';
import { inspectModelApart } from '../look-apart.js';
import { testModelApart } from '../test-model-apart.js';
import { EXIT, onlyArgument, readArguments } from './exit.js';

/** Seconds that a model may take to load and to run once. */
const TEST_SEC = 600;

const OPTIONS = { image: { type: 'string' }, out: { type: 'string' } } as const;

/**
 * `stream-infer inspect MODEL [--image LOCATION [--out FILE.jpg]]`: what a model is and how it would be used, as JSON; with a
 * picture also what it finds there, drawn into FILE.jpg.
 */
export async function inspect(args: readonly string[]): Promise<number> {
  const { positionals, values: { image, out } } = readArguments({ args: [...args], options: OPTIONS, allowPositionals: true });
  const model = onlyArgument(positionals, 'model');
  if (out !== undefined && image === undefined) throw new StreamInferError('OPTION_INVALID', '--out: expected --image LOCATION beside it: what is to be drawn on?');
  const told = image === undefined ? await reportOn(model) : await resultOn(model, image, out);
  process.stdout.write(`${JSON.stringify(told, plainValue, 2)}\n`);
  return EXIT.done;
}

async function reportOn(model: string): Promise<object> {
  return inspectModelApart(await fileOf(model));
}

async function resultOn(model: string, source: string, out: string | undefined): Promise<object> {
  const { report, picture, ...found } = await testModelApart({ model: await fileOf(model), source }, { timeout: TEST_SEC });
  if (out !== undefined) await write(resolve(out), picture.jpeg);
  return { ...report, ...found };
}

async function fileOf(model: string): Promise<string> {
  return (await resolveModelFile(model, { onProgress: downloadTeller(model) })).path;
}

/** One line when a download begins: what comes, and under which licence. */
function downloadTeller(model: string): () => void {
  let isTold = false;
  return () => {
    const entry = listCatalogue().find(({ name }) => model === `catalogue:${name}`);
    if (isTold || entry === undefined) return;
    isTold = true;
    process.stderr.write(`fetching ${entry.title}, ${(entry.bytes / 1e6).toFixed(1)} MB, licence ${entry.licence}\n`);
  };
}

async function write(path: string, jpeg: Uint8Array): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, jpeg);
  } catch (cause) {
    throw new StreamInferError('OPTION_INVALID', `--out: write ${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
