import { toNchw, toNhwc } from '../../layout.js';
import type { Attribute, Value } from '../../onnx-graph.js';
import type { LayerContext, LayerConverter, LayerTable } from '../layer-context.js';
import { requireChannelsLast } from './conv.js';

const asIs: LayerConverter = (at) => at.input;

/** Layers that move numbers, put several inputs together, or only work while a model is trained. */
export const shapeLayers: LayerTable = {
  Dropout: asIs,
  SpatialDropout2D: asIs,
  AlphaDropout: asIs,
  GaussianDropout: asIs,
  GaussianNoise: asIs,
  ActivityRegularization: asIs,
  ZeroPadding2D: zeroPadding,
  UpSampling2D: upSampling,
  Flatten: (at) => reshape(at, [-1]),
  Reshape: (at) => reshape(at, targetShape(at)),
  Add: together('Add'),
  Multiply: together('Mul'),
  Subtract: together('Sub'),
  Maximum: together('Max'),
  Minimum: together('Min'),
  Concatenate: (at) => at.emit('Concat', at.inputs, { like: at.input, attributes: { axis: at.number('axis', -1) } }),
};

/** Two by two: ONNX's Add takes no more. */
function together(op: string): LayerConverter {
  return (at) => at.inputs.slice(1).reduce((sum, value) => at.emit(op, [sum, value], { like: sum }), at.input);
}

/** One number for all sides, [height, width], or [[top, bottom], [left, right]]. */
function zeroPadding(at: LayerContext): Value {
  requireChannelsLast(at);
  const given = at.setting('padding') ?? 1;
  const [rows, columns] = (Array.isArray(given) ? given : [given, given]) as readonly unknown[];
  const [top, bottom, left, right] = [rows, columns].flatMap((side: unknown): unknown[] => (Array.isArray(side) ? side : [side, side])).map(Number);
  const pads = [0, top, left, 0, 0, bottom, right, 0].map((pad) => pad ?? NaN);
  if (!pads.every((pad) => Number.isInteger(pad) && pad >= 0 && pad < 2 ** 20)) throw at.failed('padding: expected whole numbers');
  return at.emit('Pad', [at.input, at.graph.ints(pads)], { like: at.input, attributes: { mode: 'constant' } });
}

const UP_SAMPLING: Readonly<Record<string, Readonly<Record<string, Attribute>>>> = {
  nearest: { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
  bilinear: { mode: 'linear', coordinate_transformation_mode: 'asymmetric' },
};

function upSampling(at: LayerContext): Value {
  requireChannelsLast(at);
  const kind = at.text('interpolation', 'nearest');
  const attributes = Object.hasOwn(UP_SAMPLING, kind) ? UP_SAMPLING[kind] : undefined;
  if (!attributes) throw at.unsupported(`interpolation ${kind}`);
  const scales = at.graph.constant({ kind: 'float', shape: [4], data: Float32Array.of(1, 1, ...at.pair('size', 2)) });
  return toNhwc(at, at.emit('Resize', [toNchw(at, at.input), '', scales], { like: at.input, attributes }));
}

/** The batch stays as it is: a 0 in ONNX's shape. */
function reshape(at: LayerContext, shape: readonly number[]): Value {
  return at.emit('Reshape', [at.input, at.graph.ints([0, ...shape])], { like: at.input });
}

function targetShape(at: LayerContext): readonly number[] {
  const sides = [at.setting('target_shape')].flat().map((side) => side ?? -1);
  if (!sides.every((side): side is number => Number.isInteger(side) && Number(side) !== 0 && Number(side) >= -1)) throw at.failed('target_shape: expected whole numbers');
  return sides;
}
