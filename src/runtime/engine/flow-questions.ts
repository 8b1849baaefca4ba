import { randomUUID } from 'node:crypto';

import type { AskFlow, FlowWindow } from '../algo/index.js';
import { type Deferred, makeDeferred, StreamInferError } from '../base/index.js';
import type { FlowAnswer, FlowQuestion } from './api.js';

export type FlowQuestionsOptions = {
  /** The algo's name, for errors. */
  readonly name: string;
  readonly onAsk: (question: FlowQuestion) => void;
  /** Nobody waits for that answer any more. */
  readonly onOver: (requestId: string) => void;
};

/** What a flow algo's lane has asked and not yet heard of. As many as the algo has runs under way. */
export class FlowQuestions {
  readonly #options: FlowQuestionsOptions;
  readonly #waiting = new Map<string, Deferred<unknown>>();

  constructor(options: FlowQuestionsOptions) {
    this.#options = options;
  }

  readonly ask: AskFlow = async (window: FlowWindow, signal: AbortSignal) => {
    const requestId = randomUUID();
    const waiting = makeDeferred<unknown>();
    const giveUp = (): void => {
      this.#waiting.delete(requestId);
      this.#options.onOver(requestId);
      waiting.reject(signal.reason as Error);
    };
    this.#waiting.set(requestId, waiting);
    signal.addEventListener('abort', giveUp, { once: true });
    this.#options.onAsk({ requestId, ...window });
    try {
      return await waiting.promise;
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  };

  /** One that nobody waits for is ignored. */
  answer(answer: FlowAnswer): void {
    const waiting = this.#waiting.get(answer.requestId);
    this.#waiting.delete(answer.requestId);
    if (answer.error === undefined) waiting?.resolve(answer.result);
    else waiting?.reject(new StreamInferError('ALGO_RUN_FAILED', `${this.#options.name}: ${answer.error}`));
  }
}
