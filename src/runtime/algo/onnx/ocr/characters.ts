import { StreamInferError } from '../../../base/index.js';
import { readTextFile } from '../text-file.js';

/** The characters of a recognition model, in the order of its dictionary: of the file, else of the model's metadata. Throws `OPTION_INVALID`. */
export async function readCharacters(file: string | undefined, metadata: string | undefined): Promise<readonly string[]> {
  const listed = file === undefined ? metadata : await readTextFile(file, 'options.characters');
  if (listed === undefined) {
    throw new StreamInferError('OPTION_INVALID', 'options.characters: the recognition model does not say what its characters are; give the file of them that came with it, one a line');
  }
  // a space is a character, too: lines are not trimmed
  const characters = listed.split(/\r?\n/);
  if (characters.at(-1) === '') characters.pop();
  return characters;
}

/**
 * What each of a model's outputs stands for: nothing (CTC's blank), the dictionary and, in models that were taught with it, a
 * space (PaddleOCR's `use_space_char`). Throws `OPTION_INVALID` where the dictionary is another model's.
 */
export function outputTexts(characters: readonly string[], outputs: number): readonly string[] {
  const missing = outputs - 1 - characters.length;
  if (missing === 0) return ['', ...characters];
  if (missing === 1) return ['', ...characters, ' '];
  throw new StreamInferError('OPTION_INVALID', `options.characters: there are ${characters.length}, the recognition model tells ${outputs - 1} apart (${outputs - 2} and the space): give the file that came with it`);
}
