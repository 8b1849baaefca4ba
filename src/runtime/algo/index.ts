export * from './algo.js';
export { type CatalogueEntry, listCatalogue } from './catalogue/entries.js';
export { laneAlgoOf, type UserAlgo } from './lane-algo.js';
export { defaultCacheFolder } from './model-cache.js';
export { inspectModel, openModelSession, resolveModelFile } from './models.js';
export { loadModule } from './module-loader.js';
export type { ModelReport } from './onnx/index.js';
export { openAlgo, type OpenAlgoContext, type OpenedAlgo } from './open-algo.js';
