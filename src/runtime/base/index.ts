export * from './check.js';
export * from './clock.js';
export * from './deferred.js';
export * from './errors.js';
export * from './frame.js';
export * from './plan.js';
export * from './result.js';
export * from './secrets.js';
