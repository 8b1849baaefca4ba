import type { NodeSettings } from '../shared/studio-channel.js';

/*
 * What of the editor's global `RED` this page uses; the one file that knows it.
 */

/** A node as the editor has it. */
export type EditorNode = {
  readonly id: string;
  readonly type: string;
  readonly z?: string;
  /** Pixels, of its box. */
  readonly w: number;
  readonly h: number;
  /** A badge under it. */
  readonly status?: unknown;
  readonly preview?: boolean;
  /** To be drawn anew. */
  dirty?: boolean;
  /** To be measured anew: its label may be another one. */
  resize?: boolean;
  /** Not deployed yet as it is. */
  changed?: boolean;
};

type Hook = 'viewRedrawNode' | 'viewRemoveNode';
type HookEvent = { readonly node: EditorNode; readonly el: SVGGElement };

/** What undo needs. */
type Edit = { readonly t: 'edit'; readonly node: EditorNode; readonly changes: Readonly<Record<string, unknown>>; readonly changed: boolean; readonly dirty: boolean };

type Annotation = {
  readonly type: 'badge';
  readonly class: string;
  readonly element: (node: EditorNode) => SVGElement;
  readonly show: (node: EditorNode) => boolean;
};

type EditorRed = {
  readonly i18n: { lang(): string };
  readonly settings: { readonly apiRootUrl?: string; get(key: string): unknown };
  readonly plugins: { registerPlugin(id: string, definition: { readonly type: string; readonly onadd: () => void }): void };
  readonly sidebar: {
    addTab(options: Readonly<Record<string, unknown>>): void;
    show(id: string): void;
  };
  readonly actions: { add(name: string, handler: (argument?: unknown) => void, options?: { readonly label: string }): void };
  readonly hooks: { add(hook: string, handler: (event: HookEvent) => void): void };
  readonly nodes: {
    node(id: string): EditorNode | null;
    eachNode(visit: (node: EditorNode) => void): void;
    /** Whether something is not deployed. */
    dirty(isSo?: boolean): boolean;
    updateConfigNodeUsers(node: EditorNode, options: { readonly action: 'add' | 'remove' }): void;
  };
  readonly history: { push(event: { readonly t: 'multi'; readonly events: readonly Edit[]; readonly dirty: boolean }): void };
  readonly events: { emit(event: string, node: EditorNode): void };
  readonly view: { redraw(): void; selection(): { readonly nodes?: readonly EditorNode[] }; reveal(id: string): void; readonly annotations: { register(id: string, annotation: Annotation): void } };
};

declare const RED: EditorRed;

const NAME = 'stream-infer';

/** Calls back when the editor is ready for plugins. */
export function whenReady(begin: () => void): void {
  RED.plugins.registerPlugin('stream-infer-live', { type: NAME, onadd: begin });
}

export function editorLanguage(): string {
  return RED.i18n.lang();
}

/** Of the admin API, with a slash at its end. */
export function apiRoot(): string {
  const root = RED.settings.apiRootUrl ?? '';
  return root === '' || root.endsWith('/') ? root : `${root}/`;
}

/** Of the user who is logged in. */
export function apiToken(): string | undefined {
  return (RED.settings.get('auth-tokens') as { access_token?: string } | undefined)?.access_token;
}

/** A tab of the sidebar, and an action that shows it. */
export function addSidebar(content: HTMLElement, texts: { readonly label: string; readonly name: string; readonly action: string }): void {
  RED.sidebar.addTab({
    id: NAME, label: texts.label, name: texts.name, iconClass: 'fa fa-video-camera', content, pinned: true, enableOnEdit: true,
    action: `${NAME}:show-streams`,
  });
  RED.actions.add(`${NAME}:show-streams`, () => { RED.sidebar.show(NAME); }, { label: texts.action });
}

/** One that is found in the list of actions, and may be given a key; forms invoke it with the id of their node. */
export function addAction(name: string, label: string, handler: (nodeId?: unknown) => void): void {
  RED.actions.add(`${NAME}:${name}`, handler, { label });
}

/** The first of the nodes that are marked. */
export function selectedNode(): EditorNode | undefined {
  return RED.view.selection().nodes?.[0];
}

/** Gives nodes other settings, as if their forms had been filled in: one step for undo. Tells how many there were. */
export function changeNodes(wanted: readonly NodeSettings[]): { readonly changed: number; readonly missing: number } {
  const dirty = RED.nodes.dirty();
  const found = wanted.flatMap((settings) => {
    const node = RED.nodes.node(settings.id);
    return node === null ? [] : [{ node, settings }];
  });
  const events = found.flatMap(({ node, settings }) => changeNode(node, settings, dirty));
  if (events.length > 0) {
    RED.history.push({ t: 'multi', events, dirty });
    RED.nodes.dirty(true);
    RED.view.redraw();
  }
  return { changed: events.length, missing: wanted.length - found.length };
}

/** An event for undo, none where all is as it was. */
function changeNode(node: EditorNode, { config, login }: NodeSettings, dirty: boolean): Edit[] {
  const fields = node as unknown as Record<string, unknown>;
  const changes = Object.fromEntries(Object.keys(config).filter((key) => String(fields[key]) !== String(config[key])).map((key) => [key, fields[key]]));
  if (Object.keys(changes).length === 0 && login === undefined) return [];
  const edit: Edit = { t: 'edit', node, changes, changed: node.changed === true, dirty };
  RED.nodes.updateConfigNodeUsers(node, { action: 'remove' });
  // `_`, what the form had before, tells the editor that these are new; the password itself it shows to nobody
  if (login !== undefined) fields['credentials'] = { ...login, has_password: Boolean(login.password), _: {} };
  Object.assign(node, config, { changed: true, dirty: true, resize: true });
  RED.nodes.updateConfigNodeUsers(node, { action: 'add' });
  RED.events.emit('nodes:change', node);
  return [edit];
}

/** Calls back whenever a node of the visible flow is drawn, or taken away. */
export function onNodes(hook: Hook, handler: (node: EditorNode, group: SVGGElement) => void): void {
  RED.hooks.add(`${hook}.${NAME}`, ({ node, el }) => { handler(node, el); });
}

/** A sign at the upper right corner of nodes. */
export function addBadge(annotation: Omit<Annotation, 'type'>): void {
  RED.view.annotations.register(NAME, { type: 'badge', ...annotation });
}

export function redrawNode(node: EditorNode): void {
  node.dirty = true;
  RED.view.redraw();
}

export function redrawNodes(): void {
  RED.nodes.eachNode((node) => { node.dirty = true; });
  RED.view.redraw();
}

/** Shows a node on its flow. */
export function reveal(nodeId: string): void {
  if (RED.nodes.node(nodeId) !== null) RED.view.reveal(nodeId);
}
