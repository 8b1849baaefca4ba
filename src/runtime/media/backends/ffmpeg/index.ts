export { openFfmpegBackend } from './backend.js';
