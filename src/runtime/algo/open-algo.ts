import { type AlgoPlan, StreamInferError } from '../base/index.js';
import type { LaneAlgo } from './algo.js';
import type { DownloadProgress } from './catalogue/download.js';

/** A plan's algo, open. */
export type OpenedAlgo = LaneAlgo & {
  /** Other thresholds from the next run on; absent: it has none. Throws `OPTION_INVALID`. */
  readonly set?: (changes: { readonly scoreThreshold?: number; readonly iouThreshold?: number }) => void;
  /** What was asked for and could not be had; for the user. */
  readonly warning?: string;
};

export type OpenAlgoContext = {
  /** Name of the stream. */
  readonly stream: string;
  /** Told while a model of the catalogue comes in. */
  readonly onProgress?: (progress: DownloadProgress) => void;
};

/** Opens the algo that a plan asks for. Only the code of its kind is loaded: a thread holds one algo. Throws what the kinds throw. */
export async function openAlgo(plan: AlgoPlan, { stream, onProgress }: OpenAlgoContext): Promise<OpenedAlgo> {
  switch (plan.kind) {
    case 'onnx': {
      const [{ resolveModelFile }, { openOnnxAlgo }] = await Promise.all([import('./model-file.js'), import('./onnx/index.js')]);
      const { path } = await resolveModelFile(plan.model, onProgress && { onProgress });
      return openOnnxAlgo({ ...plan, model: path });
    }
    case 'module': return (await import('./module.js')).openModuleAlgo(plan, { stream });
    case 'motion': return (await import('./motion.js')).openMotionAlgo(plan);
    case 'local': throw new StreamInferError('INTERNAL', `${plan.name}: a local algo has no thread`);
  }
}
