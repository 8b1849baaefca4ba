export * from './bounded-queue.js';
export * from './frame-ring.js';
