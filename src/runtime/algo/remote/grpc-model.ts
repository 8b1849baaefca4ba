import type * as grpcLibrary from '@grpc/grpc-js';
import type { Client, Metadata, ServiceError } from '@grpc/grpc-js';

import { type ErrorCode, StreamInferError } from '../../base/index.js';
import { type Method, MODEL_INFER, MODEL_METADATA } from './grpc-messages.js';
import type { InferRequest, RemoteModel } from './remote-session.js';
import type { Server } from './server.js';
import { checkAnswer, datatypeOf, metadataSchema, type RemoteMetadata, type RemoteOutput } from './tensors.js';

type Grpc = typeof grpcLibrary;

type GrpcOutput = {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  /** Lists by type, of which one has the numbers. */
  readonly contents?: Readonly<Record<string, readonly unknown[]>>;
};
type InferAnswer = { readonly outputs: readonly GrpcOutput[]; readonly raw_output_contents: readonly Uint8Array[] };

/** Codes of a server that is not there, or has no time just now. */
const GONE: ReadonlySet<string> = new Set(['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'RESOURCE_EXHAUSTED']);

/** A model over the Open Inference Protocol, version 2, by gRPC; tensors go as raw bytes. */
class GrpcModel implements RemoteModel {
  readonly runtime = 'open-inference-grpc';
  readonly #grpc: Grpc;
  readonly #client: Client;
  readonly #server: Server;
  readonly #names: { readonly model: string; readonly version: string };
  readonly #metadata: Metadata;

  constructor(grpc: Grpc, server: Server, names: { readonly model: string; readonly version: string }) {
    this.#grpc = grpc;
    this.#server = server;
    this.#names = names;
    const { protocol, host } = new URL(server.url);
    const isSecure = protocol === 'https:' || protocol === 'grpcs:';
    // fetch and gRPC differ in the port that no port means
    const target = /:\d+$/.test(host) ? host : `${host}:${isSecure ? 443 : 80}`;
    this.#client = new grpc.Client(target, isSecure ? grpc.credentials.createSsl() : grpc.credentials.createInsecure(), {
      'grpc.max_receive_message_length': server.limitBytes,
      'grpc.max_send_message_length': -1,
      // who tries again, and when, is the guard's to say
      'grpc.enable_retries': 0,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 1000,
    });
    this.#metadata = new grpc.Metadata();
    for (const [name, value] of Object.entries(server.headers)) this.#metadata.set(name, value);
  }

  async metadata(signal: AbortSignal): Promise<RemoteMetadata> {
    const { model: name, version } = this.#names;
    return checkAnswer(metadataSchema, this.#server.url, await this.#call(MODEL_METADATA, { name, version }, signal));
  }

  async infer({ feeds, outputs, signal }: InferRequest): Promise<readonly RemoteOutput[]> {
    const answer = (await this.#call(MODEL_INFER, {
      model_name: this.#names.model,
      model_version: this.#names.version,
      inputs: feeds.map((feed) => ({ name: feed.name, datatype: datatypeOf(feed), shape: feed.shape })),
      outputs: outputs.map((name) => ({ name })),
      raw_input_contents: feeds.map(({ data }) => new Uint8Array(data)),
    }, signal)) as InferAnswer;
    return answer.outputs.map(({ name, datatype, shape, contents = {} }, i) => {
      const bytes = answer.raw_output_contents[i];
      if (bytes !== undefined) return { name, datatype, shape, bytes };
      return { name, datatype, shape, values: Object.values(contents).find((list) => list.length > 0) ?? [] };
    });
  }

  close(): void {
    this.#client.close();
  }

  #call(method: Method, request: object, signal: AbortSignal): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const done = (error: ServiceError | null, answer?: unknown): void => {
        signal.removeEventListener('abort', cancel);
        if (error === null) resolve(answer);
        else reject(signal.aborted ? (signal.reason as Error) : this.#failure(error));
      };
      const call = this.#client.makeUnaryRequest(method.path, method.serialize, method.deserialize, request, this.#metadata, done);
      const cancel = (): void => { call.cancel(); };
      signal.addEventListener('abort', cancel, { once: true });
      if (signal.aborted) cancel();
    });
  }

  #failure(error: ServiceError): StreamInferError {
    const { status } = this.#grpc;
    const { code, details } = error;
    const { url, hide, limitBytes } = this.#server;
    const refusal = (what: ErrorCode, text: string): StreamInferError => new StreamInferError(what, `${url}${text}`, { cause: error });
    const text = `: ${hide(details.slice(0, 300))} (${status[code]})`;
    if (/larger than max/i.test(details)) return refusal('REMOTE_ANSWER_INVALID', ` gave more than ${limitBytes / 2 ** 20} MiB`);
    if (/deserializ|decompress/i.test(details)) return refusal('REMOTE_ANSWER_INVALID', text);
    if (code === status.UNAUTHENTICATED || code === status.PERMISSION_DENIED) return refusal('REMOTE_REFUSED', `${text}: the token is wrong, or lacks the right`);
    return refusal(GONE.has(status[code]) ? 'REMOTE_UNREACHABLE' : 'REMOTE_REFUSED', text);
  }
}

/** Loads gRPC and makes the client; it connects at the first call. */
export async function openGrpcModel(server: Server, { model, version = '' }: { readonly model: string; readonly version?: string | undefined }): Promise<RemoteModel> {
  return new GrpcModel(await import('@grpc/grpc-js'), server, { model, version });
}
