export * from './api.js';
export type { EngineOptions } from './engine.js';
export { type EngineClientOptions, openEngineClient } from './engine-client.js';
export { makeLaneFrame } from './media/lane-frame.js';
export { openEngine } from './open-engine.js';
export { type Still, takeStill } from './still.js';
export type { ProcessHook } from './stream-host.js';
