import type { LayerConverter } from '../layer-context.js';
import { activationLayers } from './activation.js';
import { convLayers } from './conv.js';
import { shapeLayers } from './shape.js';

/** Every layer of Keras that the import knows, beside models and InputLayer. */
export const LAYERS: ReadonlyMap<string, LayerConverter> = new Map(
  [activationLayers, convLayers, shapeLayers].flatMap((table) => Object.entries(table)),
);
