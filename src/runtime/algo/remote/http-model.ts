import { z } from 'zod';

import { StreamInferError } from '../../base/index.js';
import type { FeedTensor } from '../onnx/index.js';
import { ask, askWell, type HttpAnswer, jsonOf, refused } from './http.js';
import type { InferRequest, RemoteModel } from './remote-session.js';
import type { Server } from './server.js';
import { checkAnswer, datatypeOf, metadataSchema, type RemoteMetadata, type RemoteOutput, valuesOf } from './tensors.js';

/** Length of the JSON in front of the tensors' bytes, in requests and answers. */
const HEADER_LENGTH = 'inference-header-content-length';

const outputSchema = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.number().int().min(0)).max(16),
  parameters: z.object({ binary_data_size: z.number().int().min(0).optional() }).optional(),
  data: z.array(z.unknown()).optional(),
});
const answerSchema = z.object({ outputs: z.array(outputSchema).max(1024) });

/**
 * A model over the Open Inference Protocol, version 2, by HTTP: https://github.com/kserve/open-inference-protocol. Tensors go as
 * bytes (the binary tensor data extension); to a server that does not understand that, found out at the first request, as JSON.
 */
export class HttpModel implements RemoteModel {
  readonly runtime = 'open-inference-http';
  readonly #server: Server;
  readonly #url: string;
  /** Undefined: not known yet. */
  #takesBytes: boolean | undefined;

  constructor(server: Server, { model, version }: { readonly model: string; readonly version?: string | undefined }) {
    this.#server = server;
    const ofVersion = version === undefined || version === '' ? '' : `/versions/${encodeURIComponent(version)}`;
    this.#url = `${server.url}/v2/models/${encodeURIComponent(model)}${ofVersion}`;
  }

  async metadata(signal: AbortSignal): Promise<RemoteMetadata> {
    const { body } = await askWell(this.#server, { url: this.#url, signal });
    return checkAnswer(metadataSchema, this.#url, jsonOf(this.#server, this.#url, body));
  }

  async infer(request: InferRequest): Promise<readonly RemoteOutput[]> {
    if (this.#takesBytes !== false) {
      const answer = await this.#send(withBytes(request), request.signal);
      const isUnderstood = answer.status >= 200 && answer.status <= 299;
      if (isUnderstood) this.#takesBytes = true;
      if (this.#takesBytes === true || !mayWantJson(answer)) return this.#read(answer);
    }
    const answer = await this.#send(withValues(request), request.signal);
    const outputs = this.#read(answer);
    this.#takesBytes ??= false;
    return outputs;
  }

  close(): void {
    // connections are the process's, kept alive for the next
  }

  async #send(parts: { readonly headers: Record<string, string>; readonly body: Uint8Array<ArrayBuffer> | string }, signal: AbortSignal): Promise<HttpAnswer> {
    return await ask(this.#server, { url: `${this.#url}/infer`, ...parts, signal });
  }

  #read(answer: HttpAnswer): readonly RemoteOutput[] {
    const url = `${this.#url}/infer`;
    if (answer.status < 200 || answer.status > 299) throw refused(this.#server, url, answer);
    const jsonBytes = Number(answer.headers.get(HEADER_LENGTH) ?? answer.body.length);
    if (!Number.isInteger(jsonBytes) || jsonBytes < 0 || jsonBytes > answer.body.length) {
      throw new StreamInferError('REMOTE_ANSWER_INVALID', `${url} announces ${answer.headers.get(HEADER_LENGTH) ?? ''} bytes of JSON in an answer of ${answer.body.length}`);
    }
    const { outputs } = checkAnswer(answerSchema, url, jsonOf(this.#server, url, answer.body.subarray(0, jsonBytes)));
    return withData(outputs, answer.body.subarray(jsonBytes));
  }
}

function withBytes({ feeds, outputs }: InferRequest): { headers: Record<string, string>; body: Uint8Array<ArrayBuffer> } {
  const json = Buffer.from(JSON.stringify({
    inputs: feeds.map((feed) => ({ ...headOf(feed), parameters: { binary_data_size: feed.data.byteLength } })),
    outputs: outputs.map((name) => ({ name, parameters: { binary_data: true } })),
  }));
  const body = Buffer.concat([json, ...feeds.map(({ data }) => new Uint8Array(data))]);
  return { headers: { 'content-type': 'application/octet-stream', [HEADER_LENGTH]: String(json.length) }, body };
}

function withValues({ feeds, outputs }: InferRequest): { headers: Record<string, string>; body: string } {
  const body = JSON.stringify({ inputs: feeds.map((feed) => ({ ...headOf(feed), data: valuesOf(feed) })), outputs: outputs.map((name) => ({ name })) });
  return { headers: { 'content-type': 'application/json' }, body };
}

function headOf(feed: FeedTensor): { name: string; shape: readonly number[]; datatype: string } {
  return { name: feed.name, shape: feed.shape, datatype: datatypeOf(feed) };
}

/** A server that does not know of bytes behind the JSON cannot read the request, and says so in its own way. */
function mayWantJson({ status }: HttpAnswer): boolean {
  return status === 400 || status === 415 || status === 422 || status === 500 || status === 501;
}

function withData(outputs: z.output<typeof answerSchema>['outputs'], bytes: Buffer): RemoteOutput[] {
  let offset = 0;
  return outputs.map(({ name, datatype, shape, parameters, data }) => {
    const size = parameters?.binary_data_size;
    if (size === undefined) return { name, datatype, shape, values: data ?? [] };
    if (offset + size > bytes.length) throw new StreamInferError('REMOTE_ANSWER_INVALID', `the server announces ${size} bytes for output "${name}", ${bytes.length - offset} are there`);
    const own = bytes.subarray(offset, offset + size);
    offset += size;
    return { name, datatype, shape, bytes: own };
  });
}
