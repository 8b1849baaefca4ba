export * from './api.js';
export { type EngineOptions, openEngine } from './engine.js';
export { type EngineClientOptions, openEngineClient } from './engine-client.js';
export type { ProcessHook } from './stream-host.js';
