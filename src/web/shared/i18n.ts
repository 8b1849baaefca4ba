import english from './locales/en-US.json';
import chinese from './locales/zh-CN.json';

export type TextKey = keyof typeof english;

let texts: Readonly<Record<string, string>> = english;

/** Of the page, from now on; `language` as browsers and Node-RED write it. What is not known is English. */
export function chooseLanguage(language: string | undefined): void {
  texts = language?.startsWith('zh') === true ? chinese : english;
}

/** The text of that key with its `{values}`. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(texts[key] ?? key, values);
}

/** The same of a key that comes from outside; undefined where there is no text for it. */
export function textOf(key: string): string | undefined {
  return Object.hasOwn(texts, key) ? texts[key] : undefined;
}

function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (_whole, name: string) => String(values[name] ?? ''));
}
