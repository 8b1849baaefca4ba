export { openSink } from './open-sink.js';
export * from './sink.js';
export * from './sink-queue.js';
