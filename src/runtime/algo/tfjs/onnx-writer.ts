import { parse, type Type } from 'protobufjs';

import type { Attribute, Constant, DataKind, GraphPort, OnnxGraph, OnnxNode } from './onnx-graph.js';

/** The part of ONNX's file format that is written here; field numbers of onnx.proto. */
const ONNX_PROTO = `
syntax = "proto2";
message ModelProto {
  optional int64 ir_version = 1;
  optional string producer_name = 2;
  optional GraphProto graph = 7;
  repeated OperatorSetIdProto opset_import = 8;
  repeated StringStringEntryProto metadata_props = 14;
}
message OperatorSetIdProto { optional string domain = 1; optional int64 version = 2; }
message StringStringEntryProto { optional string key = 1; optional string value = 2; }
message GraphProto {
  repeated NodeProto node = 1;
  optional string name = 2;
  repeated TensorProto initializer = 5;
  repeated ValueInfoProto input = 11;
  repeated ValueInfoProto output = 12;
}
message NodeProto {
  repeated string input = 1;
  repeated string output = 2;
  optional string op_type = 4;
  repeated AttributeProto attribute = 5;
}
message AttributeProto {
  optional string name = 1;
  optional float f = 2;
  optional int64 i = 3;
  optional bytes s = 4;
  repeated int64 ints = 8;
  optional int32 type = 20;
}
message TensorProto {
  repeated int64 dims = 1;
  optional int32 data_type = 2;
  optional string name = 8;
  optional bytes raw_data = 9;
}
message ValueInfoProto { optional string name = 1; optional TypeProto type = 2; }
message TypeProto { optional TensorTypeProto tensor_type = 1; }
message TensorTypeProto { optional int32 elem_type = 1; optional TensorShapeProto shape = 2; }
message TensorShapeProto { repeated DimensionProto dim = 1; }
message DimensionProto { optional int64 dim_value = 1; optional string dim_param = 2; }
`;

const IR_VERSION = 7;
const OPSET = 13;

/** TensorProto.DataType. */
const ELEMENT_TYPES: Readonly<Record<DataKind, number>> = { float: 1, uint8: 2, int: 7, bool: 9 };

/** Numbers of the ONNX element types, for the Cast operator. */
export function elementType(kind: DataKind): number {
  return ELEMENT_TYPES[kind];
}

/** The bytes of an `.onnx` file (IR 7, opset 13) holding `graph`, with `metadata` as its metadata_props. */
export function writeOnnx(graph: OnnxGraph, metadata: Readonly<Record<string, string>>): Uint8Array {
  const model: Type = parse(ONNX_PROTO, { keepCase: true }).root.lookupType('ModelProto');
  return model
    .encode({
      ir_version: IR_VERSION,
      producer_name: 'stream-infer',
      opset_import: [{ domain: '', version: OPSET }],
      metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: {
        name: 'graph',
        node: graph.nodes.map(nodeMessage),
        initializer: [...graph.constants].map(([name, constant]) => tensorMessage(name, constant)),
        input: graph.inputs.map(portMessage),
        output: graph.outputs.map(portMessage),
      },
    })
    .finish();
}

function nodeMessage(node: OnnxNode): object {
  return {
    input: node.inputs,
    output: node.outputs,
    op_type: node.op,
    attribute: Object.entries(node.attributes).map(([name, value]) => attributeMessage(name, value)),
  };
}

/** AttributeProto.AttributeType: FLOAT 1, INT 2, STRING 3, INTS 7. */
function attributeMessage(name: string, value: Attribute): object {
  if (typeof value === 'number') return { name, i: value, type: 2 };
  if (typeof value === 'string') return { name, s: Buffer.from(value), type: 3 };
  if ('float' in value) return { name, f: value.float, type: 1 };
  return { name, ints: value, type: 7 };
}

function tensorMessage(name: string, constant: Constant): object {
  return { name, dims: constant.shape, data_type: ELEMENT_TYPES[constant.kind], raw_data: rawBytes(constant) };
}

/** Little-endian, as ONNX wants it and every machine that runs this has it. */
function rawBytes(constant: Constant): Uint8Array {
  const data = constant.kind === 'int' ? BigInt64Array.from(constant.data, BigInt) : constant.data;
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function portMessage(port: GraphPort): object {
  const shape = port.shape && {
    dim: port.shape.map((side) => (typeof side === 'number' ? { dim_value: side } : { dim_param: side })),
  };
  return { name: port.name, type: { tensor_type: { elem_type: ELEMENT_TYPES[port.kind], ...(shape && { shape }) } } };
}
