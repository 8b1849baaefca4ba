import type { FeedTensor, ModelFacts, ModelSession, OutputTensor, TensorFact } from '../onnx/index.js';
import type { Guard } from './guard.js';
import { outputsOf, type RemoteMetadata, type RemoteOutput, tensorFact } from './tensors.js';

export type InferRequest = { readonly feeds: readonly FeedTensor[]; /** Names of the outputs wanted. */ readonly outputs: readonly string[]; readonly signal: AbortSignal };

/** A model on a server, whatever the protocol. Both ask once; who asks again is the guard. */
export interface RemoteModel {
  readonly runtime: string;
  metadata(signal: AbortSignal): Promise<RemoteMetadata>;
  infer(request: InferRequest): Promise<readonly RemoteOutput[]>;
  close(): void;
}

/** What a session needs beside its model. */
export type RemoteSessionParts = {
  readonly guard: Guard;
  /** For the runs that open the algo, which have no signal of their own. */
  readonly opening: AbortSignal;
};

/** A session on the server, and what the server says of the model. Throws `REMOTE_…`, or the signal's reason. */
export async function openRemoteSession(model: RemoteModel, parts: RemoteSessionParts): Promise<{ readonly session: ModelSession; readonly facts: ModelFacts }> {
  const metadata = await firstAnswer(model, parts);
  const session = new RemoteSession(model, metadata, parts);
  const facts = { metadata: {}, inputs: session.inputs, outputs: session.outputs, ...(metadata.platform !== undefined && { producer: metadata.platform }) };
  return { session, facts };
}

async function firstAnswer(model: RemoteModel, { guard, opening }: RemoteSessionParts): Promise<RemoteMetadata> {
  try {
    return await guard.run(() => model.metadata(opening), opening);
  } catch (error) {
    model.close();
    throw error;
  }
}

/** A model that a server computes, where others are computed here: families, pre- and post-processing are the same. */
class RemoteSession implements ModelSession {
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  readonly executionProvider = 'remote';
  readonly runtime: string;
  readonly threads = 0;
  readonly #model: RemoteModel;
  readonly #parts: RemoteSessionParts;

  constructor(model: RemoteModel, { inputs, outputs }: RemoteMetadata, parts: RemoteSessionParts) {
    this.#model = model;
    this.#parts = parts;
    this.runtime = model.runtime;
    this.inputs = inputs.map(tensorFact);
    this.outputs = outputs.map(tensorFact);
  }

  async run(feeds: readonly FeedTensor[], signal = this.#parts.opening): Promise<OutputTensor[]> {
    const outputs = this.outputs.map(({ name }) => name);
    const given = await this.#parts.guard.run(() => this.#model.infer({ feeds, outputs, signal }), signal);
    return outputsOf(this.outputs, given);
  }

  close(): Promise<void> {
    this.#model.close();
    return Promise.resolve();
  }
}
