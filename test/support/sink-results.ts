import type { AlgoResult } from '../../dist/runtime/base/index.js';

/** A result as a stream gives it. */
export function resultOf(index: number, result: unknown = [{ label: 'person', score: 0.9, box: { xmin: 1, ymin: 2, xmax: 3, ymax: 4 }, classId: 0 }], stream = 'yard'): AlgoResult {
  return {
    streamId: stream, algoId: 'persons', algo: 'persons', position: index / 10,
    frame: { index, sourceIndex: index - 1, pts: index / 10, width: 640, height: 360 },
    stream: { id: stream, name: stream, mode: 'realtime', fps: 10, width: 640, height: 360, epoch: 0 },
    result, timing: { inferenceMs: 5, latencyMs: 7 },
  };
}
