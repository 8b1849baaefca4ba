export * from './backoff.js';
export * from './offline-cadence.js';
export * from './pacer.js';
export * from './realtime-cadence.js';
