export * from './backend.js';
export { type Fraction, fractionOf } from './fraction.js';
export { type Location, parseLocation, type UrlProtocol } from './location.js';
export { makeFrame } from './make-frame.js';
export { type BackendOptions, openBackend, type OpenedBackend, probe } from './open-backend.js';
export { type Stage, stageOf } from './stage-size.js';
export { deliveredFps, everyFrame, openThinner, type Thinner } from './thin.js';
