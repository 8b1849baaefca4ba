import { type AlgoPlan, StreamInferError, toWire } from '../base/index.js';
import type { BackendOptions } from '../media/index.js';
import type { AlgoState, LaneAlgo } from './algo.js';
import type { DownloadProgress } from './catalogue/download.js';
import type { AskFlow } from './flow.js';
import { openOnnxAlgo, withModelFiles } from './models.js';

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
  /** What encodes pictures for a flow or a server, and who answers for a flow. */
  readonly media: BackendOptions;
  readonly ask: AskFlow;
  /** What a user's code wants people to know. */
  readonly onWarning: (message: string) => void;
  /** What an open algo depends on, a server, does not answer, or answers again. */
  readonly onState: (state: AlgoState) => void;
  /** Told while a model of the catalogue comes in. */
  readonly onProgress?: (progress: DownloadProgress) => void;
};

/** Opens the algo that a plan asks for. Only the code of its kind is loaded: a thread holds one algo. Throws what the kinds throw. */
export async function openAlgo(plan: AlgoPlan, context: OpenAlgoContext): Promise<OpenedAlgo> {
  const { stream, onProgress } = context;
  switch (plan.kind) {
    case 'onnx': return openOnnxAlgo(await withModelFiles(plan, onProgress && { onProgress }));
    case 'module': return (await import('./module.js')).openModuleAlgo(plan, { stream });
    case 'code': return (await import('./code.js')).openCodeAlgo(plan, context);
    case 'flow': return (await import('./flow.js')).openFlowAlgo(plan, context);
    case 'remote': return (await import('./remote/remote-algo.js').catch(lacksPackages)).openRemoteAlgo(plan, context);
    case 'python': return (await import('./python/python-algo.js')).openPythonAlgo(plan);
    case 'motion': return (await import('./motion.js')).openMotionAlgo(plan);
    case 'local': throw new StreamInferError('INTERNAL', `${plan.name}: a local algo has no thread`);
  }
}

/** npm leaves optional packages out where it cannot have them. */
function lacksPackages(cause: unknown): never {
  throw new StreamInferError('ALGO_OPEN_FAILED', `models on servers need packages that are not installed: npm install cockatiel @grpc/grpc-js (${toWire(cause).message})`, { cause });
}
