export * from './dispatcher.js';
export * from './result-store.js';
export * from './throttle.js';
