import assert from 'node:assert/strict';

import { parseNames, parseSize } from '../../../../dist/runtime/algo/onnx/metadata-text.js';

const NAMES: readonly { why: string; text: string; expected: string[] | undefined }[] = [
  { why: 'Ultralytics: a Python dictionary', text: "{0: 'person', 1: 'bicycle'}", expected: ['person', 'bicycle'] },
  { why: 'JSON: numbers are texts', text: '{"0": "person", "1": "bicycle"}', expected: ['person', 'bicycle'] },
  { why: 'out of order', text: "{1: 'b', 0: 'a'}", expected: ['a', 'b'] },
  { why: 'a gap has its number', text: "{0: 'a', 2: 'c'}", expected: ['a', 'class 1', 'c'] },
  { why: 'an apostrophe in double quotes', text: `{0: "jack-o'-lantern", 1: 'b'}`, expected: ["jack-o'-lantern", 'b'] },
  { why: 'an escaped apostrophe', text: String.raw`{0: 'jack-o\'-lantern'}`, expected: ["jack-o'-lantern"] },
  { why: 'brackets, colons and commas within a name', text: "{0: 'a, 1: {b}', 1: '[c]'}", expected: ['a, 1: {b}', '[c]'] },
  { why: 'escaped letters', text: String.raw`{0: 'caf\xe9', 1: '\u732b', 2: 'a\\b'}`, expected: ['café', '猫', 'a\\b'] },
  { why: 'letters as they are', text: "{0: '人', 1: '自行车'}", expected: ['人', '自行车'] },
  { why: 'lines and a comma at the end', text: "{\n  0: 'a',\n  1: 'b',\n}", expected: ['a', 'b'] },
  { why: 'a Python list', text: "['a', 'b']", expected: ['a', 'b'] },
  { why: 'a JSON list', text: '["a","b"]', expected: ['a', 'b'] },
  { why: 'names with commas between', text: 'person, bicycle,car', expected: ['person', 'bicycle', 'car'] },
  { why: 'an empty name is a name', text: "{0: ''}", expected: [''] },
  { why: 'a call is not evaluated', text: "{0: __import__('os').system('true')}", expected: undefined },
  { why: 'nor hidden behind a good entry', text: "{0: 'a', 1: exit()}", expected: undefined },
  { why: 'nor after the end', text: "{0: 'a'}; exit()", expected: undefined },
  { why: 'not closed', text: "{0: 'a', 1: 'b", expected: undefined },
  { why: 'empty dictionary', text: '{}', expected: undefined },
  { why: 'empty list', text: '[]', expected: undefined },
  { why: 'nothing', text: '', expected: undefined },
  { why: 'one word is no list', text: 'person', expected: undefined },
  { why: 'a class number that would fill the memory', text: "{0: 'a', 999999999: 'b'}", expected: undefined },
  { why: 'a negative class number', text: "{-1: 'a'}", expected: undefined },
  { why: 'numbers for names', text: '{0: 1, 1: 2}', expected: undefined },
  { why: '__proto__ is only a name', text: "{0: '__proto__'}", expected: ['__proto__'] },
];

const SIZES: readonly { why: string; text: string; expected: { width: number; height: number } | undefined }[] = [
  { why: 'height first, as Ultralytics has it', text: '[384, 640]', expected: { width: 640, height: 384 } },
  { why: 'a tuple', text: '(384, 640)', expected: { width: 640, height: 384 } },
  { why: 'one number for both', text: '416', expected: { width: 416, height: 416 } },
  { why: 'a list of one', text: '[320]', expected: { width: 320, height: 320 } },
  { why: 'zero', text: '[0, 640]', expected: undefined },
  { why: 'more than any picture', text: '[1000000, 640]', expected: undefined },
  { why: 'words', text: 'large', expected: undefined },
  { why: 'nothing', text: '', expected: undefined },
  { why: 'three numbers', text: '[1, 3, 640]', expected: undefined },
];

describe('algo/onnx/metadata-text', () => {
  for (const { why, text, expected } of NAMES) {
    it(`names, ${why}: ${text}`, () => {
      assert.deepEqual(parseNames(text), expected);
    });
  }
  for (const { why, text, expected } of SIZES) {
    it(`size, ${why}: ${text}`, () => {
      assert.deepEqual(parseSize(text), expected);
    });
  }

  it('long hostile texts end, and give nothing or bounded names', () => {
    assert.equal(parseNames(`{${"0:'".repeat(200_000)}`), undefined);
    assert.equal(parseNames(`{0: '${'\\'.repeat(500_001)}`), undefined);
    assert.equal(parseNames('['.repeat(1_000_000)), undefined);
    assert.equal(parseNames(`{${' '.repeat(1_000_000)}`), undefined);
    assert.equal(parseNames(`{0: '${'x'.repeat(1_000_000)}'}`)?.[0]?.length, 256);
  });
});
