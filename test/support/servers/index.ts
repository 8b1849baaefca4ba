export * from './counter.js';
export * from './http.js';
export * from './lossy-rtsp.js';
export * from './rtmp.js';
export * from './rtsp.js';
export * from './hostile.js';
