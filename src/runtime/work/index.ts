export * from './ask-process.js';
export * from './compile-cache.js';
export * from './process-host.js';
export * from './thread-host.js';
