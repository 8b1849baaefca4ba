import { toNchw, toNhwc } from '../layout.js';
import type { NodeContext, OpTable } from '../node-context.js';
import type { Attribute, Value } from '../onnx-graph.js';

/** Scaling of pictures and the moves between space and depth. */
export const resizeOps: OpTable = {
  ResizeBilinear: (at) => resize(at, { mode: 'linear', coordinate_transformation_mode: coordinates(at) }),
  ResizeNearestNeighbor: (at) =>
    resize(at, { mode: 'nearest', coordinate_transformation_mode: coordinates(at), nearest_mode: coordinates(at) === 'asymmetric' ? 'floor' : 'round_prefer_ceil' }),
  SpaceToDepth: (at) => picture(at, 'SpaceToDepth', { blocksize: at.int('block_size') }),
  DepthToSpace: (at) => picture(at, 'DepthToSpace', { blocksize: at.int('block_size'), mode: 'DCR' }),
};

function coordinates(at: NodeContext): string {
  if (at.bool('align_corners')) return 'align_corners';
  return at.bool('half_pixel_centers') ? 'half_pixel' : 'asymmetric';
}

/** The new size is [height, width]; ONNX wants all four sides, batch and channels as they are. */
function resize(at: NodeContext, attributes: Readonly<Record<string, Attribute>>): Value {
  const value = toNchw(at, at.input(0));
  const shape = at.emit('Shape', [value], { like: 'int' });
  const kept = at.emit('Slice', [shape, at.graph.ints([0]), at.graph.ints([2])], { like: 'int' });
  const sizes = at.emit('Concat', [kept, at.input(1)], { like: 'int', attributes: { axis: 0 } });
  return toNhwc(at, at.emit('Resize', [value, '', '', sizes], { like: 'float', attributes }));
}

function picture(at: NodeContext, op: string, attributes: Readonly<Record<string, Attribute>>): Value {
  const value = at.input(0);
  return toNhwc(at, at.emit(op, [toNchw(at, value)], { like: value, attributes }));
}
