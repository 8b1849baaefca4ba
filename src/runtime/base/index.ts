export * from './check.js';
export * from './clock.js';
export * from './deferred.js';
export * from './errors.js';
export * from './frame.js';
// their values have a door of their own, ./plan.js: zod is more than most threads need
export type * from './plan.js';
export * from './result.js';
export * from './secrets.js';
