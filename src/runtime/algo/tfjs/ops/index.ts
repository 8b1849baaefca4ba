import type { OpTable } from '../node-context.js';
import { activationOps } from './activation.js';
import { arithmeticOps } from './arithmetic.js';
import { convOps } from './conv.js';
import { reduceOps } from './reduce.js';
import { resizeOps } from './resize.js';
import { shapeOps } from './shape.js';

/** Every TensorFlow operation that the import knows, beside Const and Placeholder. */
export const OPS: ReadonlyMap<string, OpTable[string]> = new Map(
  [activationOps, arithmeticOps, convOps, reduceOps, resizeOps, shapeOps].flatMap((table) => Object.entries(table)),
);
