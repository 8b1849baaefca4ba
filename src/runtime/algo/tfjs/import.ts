import { asStreamInferError, StreamInferError } from '../../base/index.js';
import { convertGraph } from './convert.js';
import { parseGraphModel, readModelJson } from './model-json.js';
import { writeOnnx } from './onnx-writer.js';
import { optimise } from './optimise.js';
import { readWeights } from './weights.js';

/**
 * A TensorFlow.js graph model (`model.json` with its weight files beside it) as the bytes of an `.onnx` file, channels
 * last as the original has them. Throws `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED` for what is broken and
 * `MODEL_UNSUPPORTED` naming the operations (control flow, NMS in the graph) that have no translation here.
 */
export async function importTfjsGraphModel(modelJsonPath: string): Promise<Uint8Array> {
  const json = await readModelJson(modelJsonPath);
  try {
    const model = parseGraphModel(json);
    const graph = optimise(convertGraph(model, await readWeights(modelJsonPath, model.weightsManifest)));
    return writeOnnx(graph, { source_format: 'tfjs-graph-model' });
  } catch (cause) {
    const { code, message } = asStreamInferError(cause, 'MODEL_LOAD_FAILED');
    throw new StreamInferError(code, `import ${modelJsonPath}: ${message}`, { cause });
  }
}
