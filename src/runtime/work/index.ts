export * from './ask-process.js';
export * from './compile-cache.js';
export * from './memory-guard.js';
export * from './owner.js';
export * from './process-host.js';
export * from './thread-host.js';
export * from './thread-nice.js';
