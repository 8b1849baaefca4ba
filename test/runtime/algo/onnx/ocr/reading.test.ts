import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { outputTexts, readCharacters } from '../../../../../dist/runtime/algo/onnx/ocr/characters.js';
import { readGreedily } from '../../../../../dist/runtime/algo/onnx/ocr/ctc.js';
import { temporaryFolder } from '../../../../support/tfjs.js';
import { assertFails } from '../../../../support/tiny-models.js';

const TEXTS = ['', 'a', 'b', ' '];

const LINES: readonly { why: string; best: readonly number[]; text: string; score: number }[] = [
  { why: 'nothing but blanks', best: [0, 0, 0], text: '', score: NaN },
  { why: 'no step', best: [], text: '', score: NaN },
  { why: 'one character over several steps', best: [1, 1, 1], text: 'a', score: 0.9 },
  { why: 'the same twice, a blank between', best: [1, 0, 1], text: 'aa', score: 0.9 },
  { why: 'others without a blank', best: [1, 2, 2, 3, 1], text: 'ab a', score: 0.9 },
];

describe('algo/onnx/ocr: from steps to text', () => {
  for (const { why, best, text, score } of LINES) {
    it(`${why}: ${JSON.stringify(text)}`, () => {
      const data = Float32Array.from(best.flatMap((winner) => TEXTS.map((_, i) => (i === winner ? 0.9 : 0.02))));
      const reading = readGreedily({ data, steps: best.length, texts: TEXTS });
      assert.equal(reading.text, text);
      assert.ok(Object.is(reading.score, score) || Math.abs(reading.score - score) < 1e-6, String(reading.score));
    });
  }

  it('steps that are no numbers say nothing', () => {
    assert.deepEqual(readGreedily({ data: new Float32Array(12).fill(NaN), steps: 3, texts: TEXTS }), { text: '', score: NaN });
  });

  it('a dictionary has the blank before it, and a space behind it where the model has one more', () => {
    assert.deepEqual(outputTexts(['a', 'b'], 3), ['', 'a', 'b']);
    assert.deepEqual(outputTexts(['a', 'b'], 4), ['', 'a', 'b', ' ']);
    for (const outputs of [0, 2, 5, 6625]) assert.throws(() => outputTexts(['a', 'b'], outputs), { code: 'OPTION_INVALID', message: /options\.characters: there are 2/ });
  });

  it('a file of characters: one a line, spaces count, the mark and the end of the last line do not', async () => {
    const file = join(await temporaryFolder(), 'keys.txt');
    await writeFile(file, '\uFEFFa\r\n \n\u3000\n字\n');
    assert.deepEqual(await readCharacters(file, undefined), ['a', ' ', '\u3000', '字']);
    assert.deepEqual(await readCharacters(file, 'x\ny'), ['a', ' ', '\u3000', '字'], 'before the metadata');
    assert.deepEqual(await readCharacters(undefined, 'x\ny\n'), ['x', 'y']);
  });

  it('without a file, and without metadata, the setting is asked for', async () => {
    await assertFails(readCharacters(undefined, undefined), 'OPTION_INVALID', /^options\.characters: .*give the file/);
    await assertFails(readCharacters('/none/keys.txt', undefined), 'OPTION_INVALID', /^options\.characters: cannot read .*keys\.txt/);
  });
});
