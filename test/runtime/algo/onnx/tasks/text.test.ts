import assert from 'node:assert/strict';

import { type FoundText, text } from '../../../../../dist/runtime/algo/onnx/tasks/text.js';
import type { ResultContext } from '../../../../../dist/runtime/algo/onnx/tasks/task.js';
import type { ReadText } from '../../../../../dist/runtime/base/index.js';
import { assertFits } from '../../../../support/schemas.js';

const CONTEXT: ResultContext = {
  placement: { spec: { width: 100, height: 100 }, letterbox: { scaleX: 0.5, scaleY: 0.5, padX: 0, padY: 0, width: 100, height: 100 }, frame: { width: 200, height: 200 } },
  labels: { names: ['text'], from: 'text' },
  keypointNames: [],
  needsNms: 'no',
  options: { iouThreshold: 0.45, nms: 'per-class', maxDetections: 10 },
};

function line(read: string, [x1, y1, x2, y2]: readonly [number, number, number, number], score = 0.9): FoundText {
  return { text: read, score, corners: [{ x: x1, y: y1 }, { x: x2, y: y1 }, { x: x2, y: y2 }, { x: x1, y: y2 }] };
}

const ORDERS: readonly { why: string; given: readonly FoundText[]; order: string }[] = [
  { why: 'from the top', given: [line('c', [0, 60, 50, 70]), line('a', [0, 10, 50, 20]), line('b', [0, 30, 50, 40])], order: 'abc' },
  { why: 'within a line from the left, though it leans', given: [line('c', [70, 10, 90, 20]), line('a', [0, 13, 20, 23]), line('b', [30, 11, 60, 21])], order: 'abc' },
  { why: 'what stands upright beside two lines belongs to none', given: [line('b', [80, 5, 90, 50]), line('a', [0, 10, 50, 20]), line('c', [0, 35, 50, 45])], order: 'abc' },
];

describe('algo/onnx/tasks/text', () => {
  for (const { why, given, order } of ORDERS) {
    it(`is in reading order: ${why}`, () => { assert.equal((text.toResult(given, CONTEXT) as ReadText[]).map((read) => read.text).join(''), order); });
  }

  it('is in pixels of the source: the box clipped, the corners as they are', () => {
    const result = text.toResult([line('EXIT', [-10, 20, 40, 30])], CONTEXT);
    assert.deepEqual(result, [{ label: 'EXIT', text: 'EXIT', score: 0.9, classId: 0, box: { xmin: 0, ymin: 40, xmax: 80, ymax: 60 }, polygon: [[-20, 40], [80, 40], [80, 60], [-20, 60]] }]);
    assertFits('text', result);
  });

  it('leaves out what was not read, what is no number, and what is outside', () => {
    const unread: FoundText = { corners: line('', [0, 0, 10, 10]).corners, score: 0.9 };
    const given = [unread, line('', [0, 0, 10, 10]), line('  ', [0, 0, 10, 10]), line('a', [0, 0, 10, 10], NaN), line('a', [NaN, 0, 10, 10]), line('a', [-30, 0, -10, 10]), line('a', [5, 5, 5, 5])];
    assert.deepEqual(text.toResult(given, CONTEXT), []);
  });
});
