import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export type InferenceServerOptions = {
  /** Path of an `.onnx` file by the name it is served under. */
  readonly models: Readonly<Record<string, string>>;
  /** False: HTTP knows no tensors in bytes, as many servers do. Default true. */
  readonly bytes?: boolean;
  /** False: gRPC answers in typed lists, not in raw bytes. Default true. */
  readonly raw?: boolean;
  /** Every request without `Authorization: Bearer TOKEN` is refused. */
  readonly token?: string;
  /** Port of HTTP; 0: a free one. */
  readonly port?: number;
};

/** A server of the Open Inference Protocol, version 2, over HTTP and gRPC: onnxruntime-node computes. */
export type InferenceServer = {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Of every inference over HTTP: whether its tensors came as bytes. */
  readonly inferences: readonly { readonly bytes: boolean }[];
  /** Most inferences that were under way at once. */
  readonly mostAtOnce: () => number;
  /** From now on every inference waits for this first. */
  hold(until: Promise<void>): void;
  stop(): Promise<void>;
};

type Item = { readonly name: string; readonly datatype: string; readonly shape: readonly number[]; readonly bytes: Uint8Array };
type Metadata = { name: string; versions: string[]; platform: string; inputs: TensorMetadata[]; outputs: TensorMetadata[] };
type TensorMetadata = { name: string; datatype: string; shape: number[] };

const DATATYPES: Readonly<Record<string, string>> = { float32: 'FP32', float16: 'FP16', uint8: 'UINT8', int64: 'INT64', int32: 'INT32' };

class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

class Models {
  readonly #paths: InferenceServerOptions['models'];
  readonly #sessions = new Map<string, Promise<InferenceSession>>();
  #held: Promise<void> = Promise.resolve();
  #atOnce = 0;
  most = 0;

  constructor(paths: InferenceServerOptions['models']) { this.#paths = paths; }

  hold(until: Promise<void>): void { this.#held = until; }

  async metadata(name: string): Promise<Metadata> {
    const session = await this.#session(name);
    const told = (tensors: readonly InferenceSession.ValueMetadata[]): TensorMetadata[] => tensors.map((tensor) => {
      if (!tensor.isTensor) throw new Refusal(500, `${tensor.name} is no tensor`);
      return { name: tensor.name, datatype: DATATYPES[tensor.type] ?? 'BYTES', shape: tensor.shape.map((side) => (typeof side === 'number' ? side : -1)) };
    });
    return { name, versions: ['1'], platform: 'onnxruntime_onnx', inputs: told(session.inputMetadata), outputs: told(session.outputMetadata) };
  }

  async infer(name: string, inputs: readonly Item[]): Promise<Item[]> {
    const session = await this.#session(name);
    this.#atOnce += 1;
    this.most = Math.max(this.most, this.#atOnce);
    try {
      await this.#held;
      const feeds = Object.fromEntries(inputs.map((item) => [item.name, tensorOf(item)]));
      const outputs = await session.run(feeds).catch((error: unknown) => { throw new Refusal(400, (error as Error).message); });
      return Object.entries(outputs).map(([output, tensor]) => itemOf(output, tensor));
    } finally {
      this.#atOnce -= 1;
    }
  }

  async close(): Promise<void> {
    for (const session of this.#sessions.values()) await (await session).release();
  }

  async #session(name: string): Promise<InferenceSession> {
    const path = this.#paths[name];
    if (path === undefined) throw new Refusal(404, `Request for unknown model: '${name}' is not found`);
    const known = this.#sessions.get(name) ?? InferenceSession.create(path, { intraOpNumThreads: 1, graphOptimizationLevel: 'all', logSeverityLevel: 3 });
    this.#sessions.set(name, known);
    return await known;
  }
}

function tensorOf({ datatype, shape, bytes }: Item): Tensor {
  const { buffer } = new Uint8Array(bytes);
  switch (datatype) {
    case 'FP32': return new Tensor('float32', new Float32Array(buffer), shape);
    case 'FP16': return Object.assign(new Tensor('uint16', new Uint16Array(buffer), shape), { type: 'float16' as const });
    case 'UINT8': return new Tensor('uint8', new Uint8Array(buffer), shape);
    case 'INT64': return new Tensor('int64', new BigInt64Array(buffer), shape);
    default: throw new Refusal(400, `unsupported datatype ${datatype}`);
  }
}

function itemOf(name: string, tensor: Tensor): Item {
  const { buffer, byteOffset, byteLength } = tensor.data as Float32Array;
  return { name, datatype: DATATYPES[tensor.type] ?? 'BYTES', shape: tensor.dims, bytes: new Uint8Array(buffer, byteOffset, byteLength) };
}

/** Starts both servers; they accept clients when this resolves. */
export async function startInferenceServer(options: InferenceServerOptions): Promise<InferenceServer> {
  const models = new Models(options.models);
  const inferences: { bytes: boolean }[] = [];
  const http = createServer((request, response) => { void serveHttp({ models, options, inferences }, request, response); });
  await new Promise<void>((resolve, reject) => http.once('error', reject).listen(options.port ?? 0, '127.0.0.1', resolve));
  const rpc = await serveGrpc(models, options);
  return {
    httpUrl: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
    grpcUrl: `grpc://127.0.0.1:${rpc.port}`,
    inferences,
    mostAtOnce: () => models.most,
    hold: (until) => { models.hold(until); },
    stop: async () => {
      rpc.server.forceShutdown();
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
      await models.close();
    },
  };
}

type HttpParts = { readonly models: Models; readonly options: InferenceServerOptions; readonly inferences: { bytes: boolean }[] };

async function serveHttp(parts: HttpParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  try {
    checkToken(parts.options, request.headers.authorization);
    const [, name = '', infer] = /^\/v2\/models\/([^/]+)(?:\/versions\/1)?(\/infer)?$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET' && infer === undefined) sendJson(response, 200, await parts.models.metadata(decodeURIComponent(name)));
    else if (request.method === 'POST' && infer !== undefined) await serveInfer(parts, { name: decodeURIComponent(name), body: Buffer.concat(pieces), headers: request.headers }, response);
    else throw new Refusal(404, 'Not Found');
  } catch (error) {
    sendJson(response, error instanceof Refusal ? error.status : 500, { error: (error as Error).message });
  }
}

function checkToken({ token }: InferenceServerOptions, given: unknown): void {
  if (token !== undefined && given !== `Bearer ${token}`) throw new Refusal(401, 'unauthorized');
}

type InferAsked = { readonly name: string; readonly body: Buffer; readonly headers: IncomingMessage['headers'] };

async function serveInfer({ models, options, inferences }: HttpParts, { name, body, headers }: InferAsked, response: ServerResponse): Promise<void> {
  const knowsBytes = options.bytes !== false;
  const length = knowsBytes ? headers['inference-header-content-length'] : undefined;
  inferences.push({ bytes: length !== undefined });
  const { inputs, wantBytes } = readInfer(body, length === undefined ? undefined : Number(length));
  const outputs = await models.infer(name, inputs);
  if (wantBytes && knowsBytes) sendBytes(response, name, outputs);
  else sendJson(response, 200, { model_name: name, outputs: outputs.map((item) => ({ name: item.name, datatype: item.datatype, shape: item.shape, data: numbersOf(item) })) });
}

type InferJson = {
  inputs: { name: string; datatype: string; shape: number[]; data?: number[]; parameters?: { binary_data_size?: number } }[];
  outputs?: { parameters?: { binary_data?: boolean } }[];
};

function readInfer(body: Buffer, jsonLength: number | undefined): { inputs: Item[]; wantBytes: boolean } {
  let json: InferJson;
  try {
    json = JSON.parse(body.toString('utf8', 0, jsonLength ?? body.length)) as InferJson;
  } catch {
    throw new Refusal(400, 'Unrecognized request format');
  }
  let offset = jsonLength ?? body.length;
  const inputs = json.inputs.map(({ name, datatype, shape, data, parameters }) => {
    const size = parameters?.binary_data_size;
    if (size === undefined) return { name, datatype, shape, bytes: bytesOf(datatype, data ?? []) };
    const bytes = body.subarray(offset, offset + size);
    offset += size;
    return { name, datatype, shape, bytes };
  });
  return { inputs, wantBytes: json.outputs?.every(({ parameters }) => parameters?.binary_data === true) === true };
}

function bytesOf(datatype: string, data: number[]): Uint8Array {
  switch (datatype) {
    case 'FP32': return new Uint8Array(Float32Array.from(data).buffer);
    case 'UINT8': return Uint8Array.from(data);
    case 'INT64': return new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
    default: throw new Refusal(400, `unsupported datatype ${datatype}`);
  }
}

function numbersOf({ datatype, bytes }: Item): number[] {
  const { buffer } = new Uint8Array(bytes);
  if (datatype === 'FP32') return Array.from(new Float32Array(buffer));
  if (datatype === 'INT64') return Array.from(new BigInt64Array(buffer), Number);
  throw new Refusal(500, `cannot send ${datatype} as JSON`);
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}

function sendBytes(response: ServerResponse, name: string, outputs: readonly Item[]): void {
  const json = Buffer.from(JSON.stringify({
    model_name: name, model_version: '1',
    outputs: outputs.map(({ name: output, datatype, shape, bytes }) => ({ name: output, datatype, shape, parameters: { binary_data_size: bytes.length } })),
  }));
  response.writeHead(200, { 'content-type': 'application/octet-stream', 'inference-header-content-length': json.length });
  response.end(Buffer.concat([json, ...outputs.map(({ bytes }) => bytes)]));
}

type Rpc = (call: { request: Record<string, unknown>; metadata: grpc.Metadata }, done: (error: { code: grpc.status; details: string } | null, answer?: object) => void) => void;

async function serveGrpc(models: Models, { raw, token }: InferenceServerOptions): Promise<{ server: grpc.Server; port: number }> {
  const definition = loadSync(join(__dirname, 'open-inference.proto'), { keepCase: true, longs: Number });
  const service = (grpc.loadPackageDefinition(definition)['inference'] as grpc.GrpcObject)['GRPCInferenceService'] as grpc.ServiceClientConstructor;
  const answered = (answer: (request: Record<string, unknown>) => Promise<object>): Rpc => ({ request, metadata }, done) => {
    const isAllowed = token === undefined || metadata.get('authorization')[0] === `Bearer ${token}`;
    if (!isAllowed) {
      done({ code: grpc.status.UNAUTHENTICATED, details: 'unauthorized' });
      return;
    }
    answer(request).then((given) => { done(null, given); }, (error: unknown) => {
      const code = error instanceof Refusal && error.status === 404 ? grpc.status.NOT_FOUND : grpc.status.INVALID_ARGUMENT;
      done({ code, details: (error as Error).message });
    });
  };
  const server = new grpc.Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(service.service, {
    ServerLive: answered(() => Promise.resolve({ live: true })),
    ServerReady: answered(() => Promise.resolve({ ready: true })),
    ModelReady: answered(async ({ name }) => { await models.metadata(name as string); return { ready: true }; }),
    ModelMetadata: answered(({ name }) => models.metadata(name as string)),
    ModelInfer: answered(async (request) => {
      const inputs = (request['inputs'] as Omit<Item, 'bytes'>[]).map((input, i) => ({ ...input, bytes: (request['raw_input_contents'] as Uint8Array[])[i] ?? new Uint8Array() }));
      const outputs = await models.infer(request['model_name'] as string, inputs);
      const heads = outputs.map((item) => ({ name: item.name, datatype: item.datatype, shape: item.shape, ...(raw === false && { contents: { fp32_contents: numbersOf(item) } }) }));
      return { model_name: request['model_name'], outputs: heads, ...(raw !== false && { raw_output_contents: outputs.map(({ bytes }) => bytes) }) };
    }),
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => { if (error) reject(error); else resolve(bound); });
  });
  return { server, port };
}
