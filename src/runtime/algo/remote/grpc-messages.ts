import { parse, type Type } from 'protobufjs';

/**
 * The part of the Open Inference Protocol's gRPC service (package `inference`, service `GRPCInferenceService`) that a client of one
 * model needs; names and numbers of fields are those of its specification, which reads fields left out here as absent.
 * https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
 */
const PROTO = `
syntax = "proto3";
package inference;

message ModelMetadataRequest { string name = 1; string version = 2; }
message ModelMetadataResponse {
  message TensorMetadata { string name = 1; string datatype = 2; repeated int64 shape = 3; }
  string name = 1;
  repeated string versions = 2;
  string platform = 3;
  repeated TensorMetadata inputs = 4;
  repeated TensorMetadata outputs = 5;
}

message InferTensorContents {
  repeated bool bool_contents = 1;
  repeated int32 int_contents = 2;
  repeated int64 int64_contents = 3;
  repeated uint32 uint_contents = 4;
  repeated uint64 uint64_contents = 5;
  repeated float fp32_contents = 6;
  repeated double fp64_contents = 7;
  repeated bytes bytes_contents = 8;
}

message ModelInferRequest {
  message InferInputTensor { string name = 1; string datatype = 2; repeated int64 shape = 3; InferTensorContents contents = 5; }
  message InferRequestedOutputTensor { string name = 1; }
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  repeated InferInputTensor inputs = 5;
  repeated InferRequestedOutputTensor outputs = 6;
  repeated bytes raw_input_contents = 7;
}
message ModelInferResponse {
  message InferOutputTensor { string name = 1; string datatype = 2; repeated int64 shape = 3; InferTensorContents contents = 5; }
  string model_name = 1;
  string model_version = 2;
  string id = 3;
  repeated InferOutputTensor outputs = 5;
  repeated bytes raw_output_contents = 6;
}
`;

const { root } = parse(PROTO, { keepCase: true });

function message(name: string): Type {
  return root.lookupType(`inference.${name}`);
}

/** How a call is written and its answer read. `path` is the method's. */
export type Method = { readonly path: string; readonly serialize: (value: object) => Buffer; readonly deserialize: (bytes: Buffer) => unknown };

function method(name: string): Method {
  const request = message(`${name}Request`);
  const response = message(`${name}Response`);
  return {
    path: `/inference.GRPCInferenceService/${name}`,
    serialize: (value) => Buffer.from(request.encode(request.fromObject(value)).finish()),
    // lists that are empty are left out on the wire
    deserialize: (bytes) => response.toObject(response.decode(bytes), { longs: Number, arrays: true }),
  };
}

export const MODEL_METADATA: Method = method('ModelMetadata');
export const MODEL_INFER: Method = method('ModelInfer');
