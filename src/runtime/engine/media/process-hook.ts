import type { MessagePort } from 'node:worker_threads';

import { type AlgoResult, type Frame, fromWire } from '../../base/index.js';
import { makeFrame, type Stage } from '../../media/index.js';
import type { ProcessReply, ProcessRequest } from '../messages.js';
import type { DeliveredFrame } from './delivered-frame.js';

/** Asks the engine's owner what to do with each delivered frame. */
export class ProcessHook {
  readonly #port: MessagePort;
  readonly #waiting = new Map<number, { resolve: (frame: Frame | undefined) => void; reject: (error: Error) => void }>();
  #nextId = 1;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on('message', (reply: ProcessReply) => { this.#settle(reply); });
  }

  /** Resolves with the frame to be recorded in its place, if any; rejects when the hook threw. */
  ask(delivered: DeliveredFrame, stage: Stage, results: readonly AlgoResult[]): Promise<Frame | undefined> {
    const { info, picture } = delivered;
    const frame = makeFrame(picture, stage, info.index);
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#port.postMessage({ id, info, frame, results } satisfies ProcessRequest, [frame.data.buffer as ArrayBuffer]);
    });
  }

  close(): void {
    this.#port.close();
    for (const { resolve } of this.#waiting.values()) resolve(undefined);
    this.#waiting.clear();
  }

  #settle(reply: ProcessReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.error !== undefined) waiting?.reject(fromWire(reply.error));
    else waiting?.resolve(reply.frame);
  }
}
