export * from './addresses.js';
export * from './algo-kinds.js';
export * from './check.js';
export * from './clock.js';
export * from './code.js';
export * from './deferred.js';
export * from './errors.js';
export * from './file-lines.js';
export * from './frame.js';
export * from './limits.js';
export * from './plain-copy.js';
export * from './plain-value.js';
export * from './result.js';
export * from './secrets.js';
export { slicingOf, type Slicing } from './sliced.js';
// their values have doors of their own: zod is more than most threads need
export type * from './plan.js';
export type * from './task-results.js';
