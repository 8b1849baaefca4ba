export * from './process-host.js';
export * from './thread-host.js';
