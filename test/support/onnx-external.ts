import { parse } from 'protobufjs';

/** The part of ONNX that a model of one constant needs; numbers as in onnx.proto. */
const { root } = parse(`
syntax = "proto3";
message Entry { string key = 1; string value = 2; }
message Dimension { int64 dim_value = 1; }
message Shape { repeated Dimension dim = 1; }
message TensorType { int32 elem_type = 1; Shape shape = 2; }
message TypeProto { TensorType tensor_type = 1; }
message ValueInfo { string name = 1; TypeProto type = 2; }
message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; repeated Entry external_data = 13; int32 data_location = 14; }
message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message Opset { string domain = 1; int64 version = 2; }
message Model { int64 ir_version = 1; Graph graph = 7; repeated Opset opset_import = 8; }
`, { keepCase: true });

/** A model that adds to its input [count] floats that lie in another file. */
export function modelWithExternalData(location: string, count: number): Uint8Array {
  const value = (name: string): object => ({ name, type: { tensor_type: { elem_type: 1, shape: { dim: [{ dim_value: count }] } } } });
  const weights = { dims: [count], data_type: 1, name: 'w', external_data: [{ key: 'location', value: location }, { key: 'offset', value: '0' }, { key: 'length', value: String(count * 4) }], data_location: 1 };
  const type = root.lookupType('Model');
  return type.encode(type.fromObject({
    ir_version: 8, opset_import: [{ domain: '', version: 13 }],
    graph: { name: 'g', node: [{ input: ['x', 'w'], output: ['y'], name: 'n', op_type: 'Add' }], initializer: [weights], input: [value('x')], output: [value('y')] },
  })).finish();
}
