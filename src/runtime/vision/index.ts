export * from './letterbox.js';
export * from './tensor-spec.js';
export * from './yuv-planes.js';
