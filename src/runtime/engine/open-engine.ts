import type { StreamPlan } from '../base/index.js';
import { resolveStreamPlan } from '../base/plan.js';
import type { Engine, EngineHandlers } from './api.js';
import { type EngineOptions, LocalEngine } from './engine.js';

/**
 * An engine in this process: the calling thread coordinates, all decoding and inference is done in worker threads.
 * A fault in native code ends the process; where that must not be, use `openEngineClient`.
 */
export function openEngine(options: EngineOptions, handlers: EngineHandlers): Promise<Engine> {
  return Promise.resolve(new CheckingEngine(options, handlers));
}

/** Checks plans where they come in, so that an engine process, whose plans its client has checked, needs no schemas. */
class CheckingEngine extends LocalEngine {
  override async start(plan: StreamPlan): Promise<void> {
    await super.start(resolveStreamPlan(plan));
  }
}
