"""A model of MLServer that ONNX Runtime computes: the server is not ours, nor is what reads the protocol."""

import onnxruntime
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceResponse, MetadataModelResponse, MetadataTensor

DATATYPES = {"tensor(float)": "FP32", "tensor(int64)": "INT64", "tensor(uint8)": "UINT8"}


def told(tensors):
    shape = lambda tensor: [side if isinstance(side, int) else -1 for side in tensor.shape]
    return [MetadataTensor(name=tensor.name, datatype=DATATYPES[tensor.type], shape=shape(tensor)) for tensor in tensors]


class OnnxRuntimeModel(MLModel):
    async def load(self):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        self.session = onnxruntime.InferenceSession(self.settings.parameters.uri, options, providers=["CPUExecutionProvider"])
        return True

    async def metadata(self):
        return MetadataModelResponse(name=self.name, platform="onnxruntime", inputs=told(self.session.get_inputs()), outputs=told(self.session.get_outputs()))

    async def predict(self, payload):
        outputs = self.session.run(None, {given.name: NumpyCodec.decode_input(given) for given in payload.inputs})
        named = zip(self.session.get_outputs(), outputs)
        return InferenceResponse(model_name=self.name, outputs=[NumpyCodec.encode_output(output.name, array) for output, array in named])
