// the types are the same; of the two packages this one is always there, for the compilers of those who use the package
import type * as ort from 'onnxruntime-web';

import { disableNativeTelemetry } from '../native-telemetry.js';

/** What is used of ONNX Runtime; both packages have it. */
export type OnnxRuntime = Pick<typeof ort, 'InferenceSession' | 'Tensor'>;
export type OnnxRuntimeName = 'onnxruntime-node' | 'onnxruntime-web';

/**
 * ONNX Runtime's native code. Throws where it has none for this machine (musl, macOS on Intel) or was not installed.
 * It computes on the calling thread and holds it meanwhile: for a lane's own thread only.
 */
export async function loadNativeRuntime(): Promise<OnnxRuntime> {
  disableNativeTelemetry();
  return await import('onnxruntime-node');
}

/** ONNX Runtime as WebAssembly, from the files in its package, on one thread: several times slower, runs anywhere. */
export async function loadWasmRuntime(): Promise<OnnxRuntime> {
  const runtime = await import('onnxruntime-web');
  runtime.env.wasm.numThreads = 1;
  return runtime;
}

/** First line of what ONNX Runtime or its loader says, without the places in their source and ours. */
export function runtimeMessage(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // before what CUDA's libraries say comes the whole signature of the function that asked them
  const cuda = /\bCU\w+ failure \d+: [^;\n]+/.exec(text)?.[0].trim();
  if (cuda !== undefined) return cuda;
  const line = text.replace(/\/onnxruntime_src\/\S+\s*| imported from \S+/g, '').trim().split('\n')[0] ?? '';
  return line.length > 300 ? `${line.slice(0, 299)}…` : line;
}
