export * from './backend.js';
export { type Fraction, fractionOf } from './fraction.js';
export { type Location, parseLocation, type UrlProtocol } from './location.js';
export { deliveredFps, openThinner, type Thinner } from './thin.js';
