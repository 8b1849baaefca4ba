export * from './algo.js';
