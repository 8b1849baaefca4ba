export * from './backoff.js';
export * from './offline-cadence.js';
export * from './offline-schedule.js';
export * from './overrun.js';
export * from './pacer.js';
export * from './realtime-cadence.js';
