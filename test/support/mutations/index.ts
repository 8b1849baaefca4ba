import { extname } from 'node:path';

import { ANY } from './bytes.js';
import { OF_MEDIA } from './media.js';
import { OF_PROTOBUF } from './protobuf.js';
import { Random } from './random.js';

export { blackPng, withTracks } from './media.js';
export { Random } from './random.js';

/** Broken in up to so many places. */
const MOST_MUTATIONS = 4;

/**
 * A copy of a file that is broken somewhere; the same seed breaks it in the same way. `name` tells by its ending what the file is, and so
 * which of its numbers are worth changing: sizes of boxes, segments, packets, fields; sides of pictures.
 */
export function mutated(bytes: Uint8Array, name: string, seed: number): Buffer {
  const random = new Random(seed);
  const own = extname(name) === '.onnx' ? OF_PROTOBUF : (OF_MEDIA[extname(name)] ?? []);
  let broken: Buffer = Buffer.from(bytes);
  for (let i = random.length(MOST_MUTATIONS); i > 0 && broken.length > 0; i -= 1) {
    broken = random.pick(own.length > 0 && random.below(3) > 0 ? own : ANY)(broken, random);
  }
  return broken;
}
