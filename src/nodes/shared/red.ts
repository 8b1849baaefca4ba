import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';

/**
 * The part of Node-RED's API that the nodes use, typed by what its source does (4.1 and 5.0 alike): the published types
 * lack some of it (wires, events) and give `any` for the rest.
 */

/** A message on a wire. */
export type RedMessage = Record<string, unknown>;

/** What stands under a node in the editor; `{}` clears it. */
export type RedStatus = {
  readonly fill?: 'red' | 'green' | 'yellow' | 'blue' | 'grey';
  readonly shape?: 'dot' | 'ring';
  readonly text?: string;
};

export type RedSend = (message: RedMessage | readonly (RedMessage | null)[]) => void;
export type RedDone = (error?: Error) => void;

/** A node of a running flow. */
export interface RedNode {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  /** Targets of each output; a wire into nothing has the id of a node that is not there, or null. */
  readonly wires: readonly (readonly (string | null)[])[];
  readonly credentials?: Readonly<Record<string, unknown>>;
  on(event: 'input', handler: (message: RedMessage, send: RedSend, done: RedDone) => void): void;
  on(event: 'close', handler: (removed: boolean, done: () => void) => void): void;
  send(message: RedMessage | readonly (RedMessage | null)[]): void;
  status(status: RedStatus): void;
  /** With a message the error goes to Catch nodes; where there is none, and without a message, to the log. */
  error(error: unknown, message?: RedMessage): void;
  warn(text: string): void;
}

/** A node as it was saved. */
export type RedNodeConfig = {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  /** Id of its tab. */
  readonly z?: string;
  /** True: disabled. */
  readonly d?: boolean;
  /** Of a tab; true: none of its nodes runs. */
  readonly disabled?: boolean;
  readonly wires?: readonly (readonly (string | null)[])[];
};

/** What `flows:starting`, `flows:started`, `flows:stopping` and `flows:stopped` carry. */
export type RedFlowsEvent = {
  /** The flows' config; a deploy brings a new object, a stop that nothing follows has the one that was started. */
  readonly config?: unknown;
  readonly type?: string;
  /** Absent at `flows:started` after a start or restart that was no deploy. */
  readonly diff?: unknown;
};

export interface RedEvents {
  on(event: string, listener: (event: RedFlowsEvent) => void): unknown;
}

/** A body that is neither JSON nor a form is read as a stream. */
export type RedRequest = Readable & {
  readonly params: Readonly<Record<string, string>>;
  /** What stands behind the `?`; a name that comes twice gives a list, one with brackets an object. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** Path and query as they were asked for. */
  readonly originalUrl: string;
  /** Of JSON or a form, read; undefined where there is none. */
  readonly body?: unknown;
  /** Whether the body came as that type. */
  is(type: string): string | false | null;
};

/** `close`: it is sent, or who asked has gone before; `drain`: what was written has gone out. */
export type RedResponse = EventEmitter & {
  json(body: unknown): unknown;
  status(code: number): RedResponse;
  type(type: string): RedResponse;
  set(header: string, value: string): RedResponse;
  send(body: Uint8Array): unknown;
  end(): unknown;
  redirect(url: string): unknown;
  /** False: what was written before has not gone out yet; `drain` tells when it has. */
  write(chunk: string | Uint8Array): boolean;
};

export type RedRequestHandler = (
  request: RedRequest,
  response: RedResponse,
  next: (error?: unknown) => void,
) => void;

/** What Node-RED hands to a node's file. */
export interface Red {
  readonly nodes: {
    registerType(
      type: string,
      constructor: (this: RedNode, config: RedNodeConfig) => void,
      options?: { readonly credentials?: Readonly<Record<string, { readonly type: 'text' | 'password' }>> },
    ): void;
    createNode(node: RedNode, config: RedNodeConfig): void;
    getNode(id: string): RedNode | null | undefined;
    eachNode(callback: (config: RedNodeConfig) => void): void;
  };
  /** One for the whole Node-RED, while `Red` itself is another object for each file of nodes. */
  readonly events: RedEvents;
  readonly settings: { readonly userDir?: string };
  readonly log: { warn(text: string): void };
  /** `getSetting`: an environment variable as that node sees it, its group's and flow's included; without a node the process's. */
  readonly util: { getSetting(node: RedNode | undefined, name: string): unknown };
  readonly httpAdmin: {
    get(path: string, ...handlers: RedRequestHandler[]): unknown;
    post(path: string, ...handlers: RedRequestHandler[]): unknown;
    delete(path: string, ...handlers: RedRequestHandler[]): unknown;
  };
  /** What flows serve to others; null where that is switched off (`httpNodeRoot: false`). */
  readonly httpNode: { get(path: string, ...handlers: RedRequestHandler[]): unknown } | null;
  readonly auth: { needsPermission(permission: string): RedRequestHandler };
  /** The text of a catalog in Node-RED's language; the key itself where there is none. */
  _(key: string, values?: Readonly<Record<string, unknown>>): string;
}
