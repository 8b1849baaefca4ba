export * from './counter.js';
export * from './http.js';
export * from './rtmp.js';
export * from './rtsp.js';
