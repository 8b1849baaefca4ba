import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createContext, runInContext } from 'node:vm';

const DIST = resolve(__dirname, '../../dist/nodes');

/** Folder names of the six nodes. */
export const NODES = ['engine', 'source', 'producer', 'algo', 'dispatcher', 'recorder', 'sink'] as const;
export type NodeName = (typeof NODES)[number];

export const LANGUAGES = ['en-US', 'zh-CN'] as const;
export type Language = (typeof LANGUAGES)[number];

type Field = {
  readonly value: unknown;
  readonly type?: string;
  readonly validate?: (this: EditorNode, value: unknown, options: object) => boolean | string;
};

/** What a node's html hands to the editor's registerType. */
export type EditorDefinition = {
  readonly category: string;
  readonly color: string;
  readonly icon: string;
  readonly align?: string;
  readonly inputs: number;
  readonly outputs: number;
  readonly defaults: Readonly<Record<string, Field>>;
  readonly credentials?: Readonly<Record<string, { readonly type: string }>>;
  readonly label: (this: EditorNode) => string;
  readonly paletteLabel: (this: EditorNode) => string;
  readonly labelStyle: (this: EditorNode) => string;
  readonly inputLabels: (this: EditorNode) => string;
  readonly outputLabels: (this: EditorNode, index: number) => string;
};

/** A node of the editor: its fields, and `_` for the texts of its catalog. */
export type EditorNode = { readonly _: (key: string, values?: Record<string, unknown>) => string; readonly [field: string]: unknown };

/** Text of a built file of a node: `distText('algo', 'algo.html')`. */
export function distText(node: NodeName, file: string): string {
  return readFileSync(join(DIST, node, file), 'utf8');
}

/** The built catalog of a node, nested keys joined by dots. */
export function catalog(node: NodeName, language: Language): Map<string, string> {
  const texts = new Map<string, string>();
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string') texts.set(path, value);
    else for (const [key, inner] of Object.entries(value as object)) walk(inner, path === '' ? key : `${path}.${key}`);
  };
  walk(JSON.parse(distText(node, `locales/${language}/${node}.json`)), '');
  return texts;
}

/** What the html of a node registers, evaluated without a browser. */
export function editorDefinition(node: NodeName): EditorDefinition {
  const { definition } = evaluated(node);
  if (definition === undefined) throw new Error(`${node}.html registers no stream-${node}`);
  return definition as EditorDefinition;
}

/** A part of a node's form, by the name that its html gives it on `window`. */
export function editorPart(node: NodeName, name: string): unknown {
  return evaluated(node).context[name];
}

function evaluated(node: NodeName): { readonly definition: unknown; readonly context: Readonly<Record<string, unknown>> } {
  let definition: unknown;
  const context = createContext({
    URL,
    TextEncoder,
    RED: {
      nodes: {
        registerType: (type: string, given: unknown) => {
          if (type === `stream-${node}`) definition = given;
        },
      },
    },
  });
  runInContext('var window = globalThis;', context);
  for (const [, script] of distText(node, `${node}.html`).matchAll(/<script type="text\/javascript">([\s\S]*?)<\/script>/g)) {
    runInContext(script ?? '', context);
  }
  return { definition, context };
}

/** A node with the defaults of its html and `fields` over them. Texts that are missing come back as their key. */
export function editorNode(node: NodeName, fields: Record<string, unknown> = {}, language: Language = 'en-US'): EditorNode {
  const texts = catalog(node, language);
  const defaults = Object.entries(editorDefinition(node).defaults).map(([field, { value }]) => [field, value]);
  return {
    ...(Object.fromEntries(defaults) as Record<string, unknown>),
    ...fields,
    _: (key, values = {}) => (texts.get(key) ?? key).replace(/__(\w+)__/g, (_, name: string) => String(values[name])),
  };
}

/** What the editor says of one field of a node: true, or what is wrong. */
export function validate(node: NodeName, field: string, fields: Record<string, unknown>): boolean | string {
  const { validate: check } = editorDefinition(node).defaults[field] ?? {};
  return check ? check.call(editorNode(node, fields), fields[field], {}) : true;
}
