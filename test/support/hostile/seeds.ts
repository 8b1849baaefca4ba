import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

import { dataPath } from '../data.js';
import type { Target } from './many.js';
import { WAYS } from './victim.js';

/** A good file to break. */
export type Seed = { readonly name: string; readonly bytes: Buffer };

/** Larger files are no seeds: thousands of copies are written. */
const MOST_BYTES = 400_000;
/** Videos have more to break. */
const MOST_IMAGES = 8;
const MOST_IMAGE_BYTES = 60_000;
const MOST_MODEL_BYTES = 1_300_000;

function filesIn(folder: string, ending: RegExp, mostBytes = MOST_BYTES): Seed[] {
  const root = dataPath(folder);
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
  return names.flatMap((name) => {
    const path = join(root, name);
    if (!ending.test(name) || statSync(path).size > mostBytes) return [];
    return [{ name: basename(name), bytes: readFileSync(path) }];
  });
}

/** Videos of all containers and codecs of the test data. */
function mediaSeeds(): Seed[] {
  return filesIn('videos', /\.(mp4|ts|mkv|webm|avi|gif|mjpeg|h264|m4a)$/);
}

function imageSeeds(): Seed[] {
  return filesIn('images', /\.(jpg|png)$/, MOST_IMAGE_BYTES).slice(0, MOST_IMAGES);
}

/** Videos and pictures, each to be read in all ways. */
export function mediaTargets(): Target[] {
  const ways = WAYS.filter((way) => way !== 'model');
  return [...mediaSeeds(), ...imageSeeds()].flatMap((seed) => ways.map((way) => ({ ...seed, way })));
}

/** Models of the test data: whole ones, and single operators. */
export function modelTargets(): Target[] {
  return filesIn('models', /\.onnx$/, MOST_MODEL_BYTES).map((seed) => ({ ...seed, way: 'model' }));
}
