import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { ERROR_CODES } from '../../dist/runtime/base/index.js';

const textsOf = (language: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(resolve(__dirname, `../../src/web/shared/locales/${language}.json`), 'utf8')) as Record<string, string>;
const [english, chinese] = [textsOf('en-US'), textsOf('zh-CN')];

describe('texts of the pages', () => {
  it('are the same in both languages, each with the same values to fill in', () => {
    assert.deepEqual(Object.keys(english), Object.keys(chinese));
    const values = (text = ''): string[] => [...text.matchAll(/\{\w+\}/g)].map(([value]) => value).sort();
    for (const key of Object.keys(english)) assert.deepEqual(values(chinese[key]), values(english[key]), key);
  });

  it('say for each error what to do', () => {
    for (const code of ERROR_CODES) {
      assert.match(english[`advice.${code}`] ?? '', /^[A-Z“].*\.$/, code);
      assert.match(chinese[`advice.${code}`] ?? '', /\p{Script=Han}.*。$/u, code);
    }
    const advised = Object.keys(english).filter((key) => key.startsWith('advice.')).map((key) => key.slice('advice.'.length));
    assert.deepEqual(advised.filter((code) => !(ERROR_CODES as readonly string[]).includes(code)).sort(), ['HTTP_403', 'UNREACHABLE']);
  });
});
