import type { Tensor } from '../../../base/index.js';
import type { Task } from './task.js';

/** A vector that describes the whole picture, of length 1: of two of them, the sum of products is how alike the pictures are. */
export const embedPicture: Task<Float32Array> = { name: 'image-feature-extraction', toResult };

/** A vector without a direction (all zeros, or with what is no number in it) stays zeros: alike to nothing. */
function toResult(vector: Float32Array): Tensor {
  const length = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
  const data = Array.from(vector, (value) => (length > 0 && Number.isFinite(length) ? Math.fround(value / length) : 0));
  return { type: 'float32', dims: [vector.length], data };
}
