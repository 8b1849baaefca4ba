import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { GraphBuilder } from '../../dist/runtime/algo/tfjs/onnx-graph.js';
import { writeOnnx } from '../../dist/runtime/algo/tfjs/onnx-writer.js';
import type { RgbPicture } from './pixels.js';
import { temporaryFolder } from './tfjs.js';

export const WHITE: RgbPicture = { width: 16, height: 8, data: new Uint8Array(16 * 8 * 3).fill(255) };
type Shape = readonly (number | string)[];

/** Path of a new file of these bytes. */
export async function saveModel(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(), 'model.onnx');
  await writeFile(path, bytes);
  return path;
}

/** A model that answers every picture with `data`; its shapes say what `announced` says. */
export async function saveAnswer(data: readonly number[], shape: readonly number[], options: { readonly input?: Shape; readonly announced?: Shape } = {}): Promise<string> {
  const { input = [1, 3, 8, 16], announced = shape } = options;
  const graph = new GraphBuilder();
  graph.input({ name: 'x', kind: 'float', shape: input });
  const zero = graph.add('Mul', [graph.add('ReduceMean', ['x'], { axes: [0, 1, 2, 3], keepdims: 0 }), graph.constant({ kind: 'float', shape: [], data: Float32Array.of(0) })]);
  const answer = graph.constant({ kind: 'float', shape, data: Float32Array.from(data) });
  graph.output({ name: 'y', kind: 'float', shape: announced }, graph.add('Add', [answer, zero]));
  return await saveModel(writeOnnx(graph.build(), {}));
}

/** Fails unless the opening does, with that code. */
export async function assertFails(opening: Promise<unknown>, code: string, says: RegExp): Promise<void> {
  await assert.rejects(opening, (error: Error & { code: string }) => {
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    return true;
  });
}
