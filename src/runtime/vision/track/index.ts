export { isTrackKept, Tracker } from './tracker.js';
