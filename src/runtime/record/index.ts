export * from './draw-result.js';
export * from './overlay.js';
export * from './path-template.js';
export * from './recording.js';
