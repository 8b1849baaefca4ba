import { toWire, type WireError } from '../../runtime/index.js';
import type { RedMessage, RedNode, RedSend } from './red.js';

/**
 * Hands every message that `node` gets to `handle`, and tells Node-RED when it is done with, once: what `handle` throws
 * goes to Catch nodes.
 */
export function onInput(node: RedNode, handle: (message: RedMessage, send: RedSend) => void | Promise<void>): void {
  node.on('input', (message, send, done) => {
    const run = async (): Promise<void> => {
      await handle(message, send);
    };
    run().then(
      () => { tell(node, () => { done(); }); },
      (error: unknown) => { tell(node, () => { done(redError(toWire(error))); }, toWire(error)); },
    );
  });
}

/**
 * Node-RED copies the message for Catch and Complete nodes; where it cannot (nested too deep, with a getter that throws), that error would be
 * nobody's, and end Node-RED. `error` is then told without the message.
 */
function tell(node: RedNode, byMessage: () => void, error?: WireError): void {
  try {
    byMessage();
  } catch (cause) {
    const told = error ?? { code: 'OPTION_INVALID', message: 'what was asked is done' };
    node.error(redError({ code: told.code, message: `${told.message} (the message cannot be copied: ${toWire(cause).message})` }));
  }
}

/** Node-RED shows an error as its `toString` gives it, and hands `code` to Catch nodes; a name in front would be noise. */
function redError({ code, message }: WireError): Error {
  return Object.assign(new Error(message), { name: '', code });
}

/** Tells background errors to the node's Catch nodes or the log, each once until `forget`. */
export class ErrorReporter {
  readonly #node: RedNode;
  readonly #told = new Set<string>();

  constructor(node: RedNode) {
    this.#node = node;
  }

  error(error: WireError, message: RedMessage): void {
    if (this.#isNew(`${error.code} ${error.message}`)) this.#node.error(redError(error), message);
  }

  warn(text: string): void {
    if (this.#isNew(text)) this.#node.warn(text);
  }

  /** What went wrong before may be told again. */
  forget(): void {
    this.#told.clear();
  }

  #isNew(text: string): boolean {
    if (this.#told.has(text)) return false;
    // A list of all that ever went wrong on a bad line would grow for ever.
    if (this.#told.size >= 100) this.#told.clear();
    this.#told.add(text);
    return true;
  }
}
