export { type FinishedMp4, finishMp4 } from './finish-mp4.js';
export { type FragmentOfOne, FragmentSplitter } from './fragment-splitter.js';
