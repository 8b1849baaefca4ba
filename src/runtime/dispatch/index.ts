export * from './dispatcher.js';
export * from './result-store.js';
