import { openEngineClient } from '../../runtime/index.js';
import { Coordinator } from './coordinator.js';
import type { EngineFactory } from './engine-pool.js';
import type { Red } from './red.js';

const coordinators = new WeakMap<Red['events'], Coordinator>();

/** The one coordinator of a Node-RED. `openEngine` counts only for the first who asks. */
export function coordinatorOf(red: Red, openEngine: EngineFactory = openEngineClient): Coordinator {
  const coordinator = coordinators.get(red.events) ?? new Coordinator(red, openEngine);
  coordinators.set(red.events, coordinator);
  return coordinator;
}
