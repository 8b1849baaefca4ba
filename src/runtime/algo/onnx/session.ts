import { readFile } from 'node:fs/promises';

import type { InferenceSession, Tensor } from 'onnxruntime-web';

import { type OnnxOptions, StreamInferError } from '../../base/index.js';
import { float16ToFloat32 } from './float16.js';
import type { TensorFact } from './model-facts.js';
import { readModelHeader } from './model-header.js';
import { loadNativeRuntime, loadWasmRuntime, type OnnxRuntime, type OnnxRuntimeName, runtimeMessage } from './runtime.js';

/** How a model is opened. */
export type OpenModelSessionOptions = {
  /** The model: its file, or the file's bytes. */
  readonly model: { readonly path: string } | { readonly bytes: Uint8Array };
  /** In order of preference; `cpu` is tried last in any case, `wasm` is onnxruntime-web. Default cpu. */
  readonly executionProviders?: readonly string[];
  /** Settings of single providers. Default none. */
  readonly providerOptions?: OnnxOptions['providerOptions'];
  /** Threads of one inference; WebAssembly has one in any case. 0: one. Default 0. */
  readonly threads?: number;
};

/** A tensor that goes in. `data` is read during the run and stays the caller's. */
export type FeedTensor = {
  readonly name: string;
  readonly dtype: 'float32' | 'float16' | 'uint8' | 'int64';
  readonly shape: readonly number[];
  readonly data: ArrayBuffer;
};

/** A tensor that came out; numbers as float32, whatever the model gives. */
export type OutputTensor = { readonly name: string; readonly shape: readonly number[]; readonly data: Float32Array };

/** A model loaded and ready. Whoever opens it closes it: its memory is not the garbage collector's. */
export interface ModelSession {
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  /** What computes: `cpu`, `cuda` … or `wasm`. */
  readonly executionProvider: string;
  /** The library that computes, or the protocol of the server that does. */
  readonly runtime: string;
  /** Threads of one inference; 0: unknown. */
  readonly threads: number;
  /** What was asked for and could not be had. */
  readonly warning?: string;
  /** On this machine it holds the calling thread until the outputs are there, and `signal` is not heeded. Throws `MODEL_RUN_FAILED`. */
  run(feeds: readonly FeedTensor[], signal?: AbortSignal): Promise<OutputTensor[]>;
  /** May be called twice. */
  close(): Promise<void>;
}

/** A session with the first execution provider that works. Throws `MODEL_NOT_FOUND` and `MODEL_LOAD_FAILED`. */
export async function openModelSession(options: OpenModelSessionOptions): Promise<ModelSession> {
  if ('path' in options.model) await readModelHeader(options.model.path);
  const failures: string[] = [];
  let cause: unknown;
  const threads = options.threads || 1;
  for (const provider of providersToTry(options.executionProviders ?? ['cpu'])) {
    const name: OnnxRuntimeName = provider === 'wasm' ? 'onnxruntime-web' : 'onnxruntime-node';
    const runtime = await loadRuntime(name, failures);
    if (!runtime) continue;
    try {
      const session = await createSession(runtime, name, { ...options, provider, threads });
      return new OpenSession(runtime, session, { provider, name, threads, failures });
    } catch (error) {
      cause = error;
      failures.push(`${provider}: ${runtimeMessage(error)}${wayOut(error)}`);
      if (provider === 'cpu') break;
    }
  }
  const what = 'path' in options.model ? options.model.path : 'the model';
  throw new StreamInferError('MODEL_LOAD_FAILED', `cannot load ${what} (${failures.join('; ')})`, { cause });
}

/** What to do about a model that ONNX Runtime does not load, where its message is one that is known. */
function wayOut(error: unknown): string {
  const text = String(error);
  if (/external data/i.test(text)) return '; the weights are in a file of their own: put it beside the model, under its name';
  if (/opset|IR version/i.test(text)) return '; the model was written for a newer runtime: export it for an older opset';
  return '';
}

/** The list with the two that always are there behind it; alone where only `wasm` is wanted. */
function providersToTry(wanted: readonly string[]): readonly string[] {
  const last = wanted.at(-1) === 'wasm' ? [] : ['cpu', 'wasm'];
  return [...new Set([...wanted, ...last])];
}

async function loadRuntime(name: OnnxRuntimeName, failures: string[]): Promise<OnnxRuntime | undefined> {
  try {
    return await (name === 'onnxruntime-web' ? loadWasmRuntime() : loadNativeRuntime());
  } catch (error) {
    const failure = `${name} cannot be loaded on this machine (${runtimeMessage(error)})`;
    if (!failures.includes(failure)) failures.push(failure);
    return undefined;
  }
}

type CreateOptions = OpenModelSessionOptions & { readonly provider: string; readonly threads: number };

async function createSession(runtime: OnnxRuntime, name: OnnxRuntimeName, options: CreateOptions): Promise<InferenceSession> {
  const sessionOptions: InferenceSession.SessionOptions = {
    // One provider at a time: where there are two, an unknown one is dropped without an error. cpu stands behind each by itself.
    executionProviders: [{ ...options.providerOptions?.[options.provider], name: options.provider }],
    graphOptimizationLevel: 'all',
    intraOpNumThreads: options.threads,
    logSeverityLevel: 3,
    // Threads that spin between two runs take the decoder's cores: 23 % fewer frames for 23 % more CPU.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  };
  if ('bytes' in options.model) return await runtime.InferenceSession.create(options.model.bytes, sessionOptions);
  if (name === 'onnxruntime-node') return await runtime.InferenceSession.create(options.model.path, sessionOptions);
  return await runtime.InferenceSession.create(await readFile(options.model.path), sessionOptions);
}

type Opened = { readonly provider: string; readonly name: OnnxRuntimeName; readonly threads: number; readonly failures: readonly string[] };

class OpenSession implements ModelSession {
  readonly inputs: readonly TensorFact[];
  readonly outputs: readonly TensorFact[];
  readonly executionProvider: string;
  readonly runtime: OnnxRuntimeName;
  readonly threads: number;
  readonly warning?: string;
  readonly #runtime: OnnxRuntime;
  #session: InferenceSession | undefined;

  constructor(runtime: OnnxRuntime, session: InferenceSession, opened: Opened) {
    this.#runtime = runtime;
    this.#session = session;
    this.inputs = session.inputMetadata.map(tensorFact);
    this.outputs = session.outputMetadata.map(tensorFact);
    this.executionProvider = opened.provider;
    this.runtime = opened.name;
    this.threads = opened.name === 'onnxruntime-web' ? 1 : opened.threads;
    const slow = opened.provider === 'wasm' ? ' (WebAssembly, several times slower)' : '';
    if (opened.failures.length > 0) this.warning = `runs on ${opened.provider}${slow}: ${opened.failures.join('; ')}`;
  }

  async run(feeds: readonly FeedTensor[]): Promise<OutputTensor[]> {
    if (!this.#session) throw new StreamInferError('MODEL_RUN_FAILED', 'the model is closed');
    try {
      const tensors = feeds.map((feed) => [feed.name, this.#tensor(feed)] as const);
      const outputs = await this.#session.run(Object.fromEntries(tensors));
      return this.outputs.map(({ name }) => outputTensor(name, outputs[name]));
    } catch (cause) {
      if (cause instanceof StreamInferError) throw cause;
      throw new StreamInferError('MODEL_RUN_FAILED', `the model cannot be run: ${runtimeMessage(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.release();
  }

  #tensor(feed: FeedTensor): Tensor {
    switch (feed.dtype) {
      case 'float32':
        return new this.#runtime.Tensor('float32', new Float32Array(feed.data), feed.shape);
      case 'float16':
        // Where there is a Float16Array (from Node 24 on) a Tensor makes one, and the native code counts 0 bytes in it.
        return Object.assign(new this.#runtime.Tensor('uint16', new Uint16Array(feed.data), feed.shape), { type: 'float16' as const });
      case 'uint8':
        return new this.#runtime.Tensor('uint8', new Uint8Array(feed.data), feed.shape);
      case 'int64':
        return new this.#runtime.Tensor('int64', new BigInt64Array(feed.data), feed.shape);
    }
  }
}

function tensorFact(value: InferenceSession.ValueMetadata): TensorFact {
  if (!value.isTensor) return { name: value.name, dtype: 'none', shape: [] };
  return { name: value.name, dtype: value.type, shape: value.shape.map((side) => side) };
}

function outputTensor(name: string, tensor: Tensor | undefined): OutputTensor {
  if (!tensor) throw new StreamInferError('MODEL_RUN_FAILED', `the model gave no output "${name}"`);
  return { name, shape: tensor.dims, data: float32Of(name, tensor) };
}

function float32Of(name: string, tensor: Tensor): Float32Array {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  if (Array.isArray(data)) throw new StreamInferError('MODEL_RUN_FAILED', `output "${name}" holds ${tensor.type}, not numbers`);
  if (tensor.type === 'float16') return float16ToFloat32(new Uint16Array(data.buffer, data.byteOffset, data.length));
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}
