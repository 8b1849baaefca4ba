import { StreamInferError, type StreamPlan } from '../base/index.js';
import type { EngineHandlers } from './api.js';

/** Refuses a plan whose flow algos nobody would answer: `OPTION_INVALID`. */
export function checkFlows({ algos }: StreamPlan, { onFlowRequest }: EngineHandlers): void {
  const index = algos.findIndex(({ kind }) => kind === 'flow');
  if (index < 0 || onFlowRequest !== undefined) return;
  throw new StreamInferError('OPTION_INVALID', `algos[${index}].kind: a flow algo needs somebody who answers: Node-RED, or onFlowRequest of the engine's handlers`);
}
