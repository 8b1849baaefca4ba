import type { NodeContext } from '../node-context.js';
import type { Value } from '../onnx-graph.js';

const FROM_THE_START = -(2 ** 31);
const TO_THE_END = 2 ** 31 - 1;

type Cut = { readonly axes: number[]; readonly begins: number[]; readonly ends: number[]; readonly steps: number[]; readonly shrunk: number[] };

/**
 * TensorFlow's `x[begin:end:step, …]`. Its masks have a bit for each entry: begin or end left open, an index that
 * takes its dimension away (shrink), `...` (ellipsis), a new dimension of 1.
 */
export function stridedSlice(at: NodeContext): Value {
  if (at.int('new_axis_mask', 0) !== 0) return newAxes(at);
  const cut = cutOf(at);
  let value = at.input(0);
  if (cut.axes.length > 0) {
    const lists = [cut.begins, cut.ends, cut.axes, cut.steps].map((list) => at.graph.ints(list));
    value = at.emit('Slice', [value, ...lists], { like: value });
  }
  return cut.shrunk.length > 0 ? at.emit('Squeeze', [value, at.graph.ints(cut.shrunk)], { like: value }) : value;
}

function cutOf(at: NodeContext): Cut {
  const [begins, ends, steps] = [at.constantInts(1), at.constantInts(2), at.constantInts(3)];
  const has = maskReader(at);
  const cut: Cut = { axes: [], begins: [], ends: [], steps: [], shrunk: [] };
  const ellipsis = begins.findIndex((_, i) => has('ellipsis_mask', i));
  begins.forEach((begin, i) => {
    if (i === ellipsis) return;
    /** After `...` dimensions are counted from the end. */
    const axis = ellipsis >= 0 && i > ellipsis ? i - begins.length : i;
    const shrinks = has('shrink_axis_mask', i);
    const step = shrinks ? 1 : (steps[i] ?? 1);
    cut.axes.push(axis);
    cut.begins.push(has('begin_mask', i) && !shrinks ? openBegin(step) : begin);
    cut.ends.push(shrinks ? endOfOne(begin) : has('end_mask', i) ? openEnd(step) : (ends[i] ?? 0));
    cut.steps.push(step);
    if (shrinks) cut.shrunk.push(axis);
  });
  return cut;
}

function maskReader(at: NodeContext): (mask: string, bit: number) => boolean {
  return (mask, bit) => ((at.int(mask, 0) >> bit) & 1) === 1;
}

function openBegin(step: number): number {
  return step > 0 ? 0 : TO_THE_END;
}

function openEnd(step: number): number {
  return step > 0 ? TO_THE_END : FROM_THE_START;
}

/** One element at `begin`; −1 is the last, and 0 would end before it. */
function endOfOne(begin: number): number {
  return begin === -1 ? TO_THE_END : begin + 1;
}

/** `x[:, newaxis]`, `x[..., newaxis]`; together with any cutting it is not converted. */
function newAxes(at: NodeContext): Value {
  const has = maskReader(at);
  const entries = at.constantInts(1).map((_, i) => i);
  const isWhole = (i: number): boolean => has('ellipsis_mask', i) || (has('begin_mask', i) && has('end_mask', i));
  if (!entries.every((i) => has('new_axis_mask', i) || isWhole(i))) throw at.unsupported('new dimensions together with cuts');
  const ellipsis = entries.findIndex((i) => has('ellipsis_mask', i));
  const axes = entries.filter((i) => has('new_axis_mask', i)).map((i) => (ellipsis >= 0 && i > ellipsis ? i - entries.length : i));
  return at.emit('Unsqueeze', [at.input(0), at.graph.ints(axes)], { like: at.input(0) });
}
