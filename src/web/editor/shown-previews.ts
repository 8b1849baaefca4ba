import type { EditorNode } from './red.js';

const TYPES: ReadonlySet<string> = new Set(['stream-producer', 'stream-algo', 'stream-dispatcher', 'stream-recorder']);
const KEY = 'stream-infer-previews';

/** Whether a node may have a picture under it. */
export function canShow(node: EditorNode): boolean {
  return TYPES.has(node.type);
}

/** What is saved with the node, unless this browser was told otherwise. */
export function isShown(node: EditorNode): boolean {
  return canShow(node) && (choices()[node.id] ?? node.preview === true);
}

/** For this browser only: a look changes no flow. */
export function choose(node: EditorNode, shown: boolean): void {
  const isAsSaved = shown === (node.preview === true);
  const others = Object.entries(choices()).filter(([id]) => id !== node.id);
  try {
    localStorage.setItem(KEY, JSON.stringify(Object.fromEntries(isAsSaved ? others : [...others, [node.id, shown]])));
  } catch {
    // no room, or forbidden: it is not remembered
  }
}

function choices(): Readonly<Record<string, boolean>> {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? '{}') ?? {}) as Record<string, boolean>;
  } catch {
    return {};
  }
}
