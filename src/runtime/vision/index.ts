export * from './box.js';
export * from './draw/draw-detections.js';
export * from './letterbox.js';
export * from './nms.js';
export * from './tensor-spec.js';
export * from './track/index.js';
export * from './yuv-planes.js';
