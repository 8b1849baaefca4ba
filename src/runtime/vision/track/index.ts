export { Tracker } from './tracker.js';
