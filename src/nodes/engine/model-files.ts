import { stat } from 'node:fs/promises';
import path from 'node:path';
import { glob } from 'tinyglobby';

/** A model in one of the engines' folders, as the algo's form offers it. */
export type ModelFile = {
  /** As it may be saved: relative where every engine looks in the same folder. */
  readonly path: string;
  readonly bytes: number;
};

/** Most files that a form can show. */
const LIMIT = 500;

/** The `.onnx` files in `folders`, by path. A folder that cannot be read has none. */
export async function listModelFiles(folders: readonly string[]): Promise<ModelFile[]> {
  const unique = [...new Set(folders)];
  const lists = await Promise.all(unique.map((folder) => filesIn(folder, unique.length > 1)));
  return lists.flat().sort((a, b) => a.path.localeCompare(b.path)).slice(0, LIMIT);
}

async function filesIn(folder: string, absolute: boolean): Promise<ModelFile[]> {
  const found = await glob('**/*.onnx', { cwd: folder, absolute, deep: 5, ignore: ['**/node_modules/**'], followSymbolicLinks: false, caseSensitiveMatch: false }).catch(() => []);
  const files = await Promise.all(found.slice(0, LIMIT).map(async (file) => ({ path: file, bytes: await sizeOf(path.resolve(folder, file)) })));
  return files.filter((file): file is ModelFile => file.bytes !== undefined);
}

/** Undefined for a file that went away since. */
async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(({ size }) => size, () => undefined);
}
