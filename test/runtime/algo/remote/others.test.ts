import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import type { OnnxAlgo } from '../../../../dist/runtime/algo/onnx/index.js';
import { dataPath } from '../../../support/data.js';
import { detectIn, openModel, picture } from '../../../support/onnx.js';
import { describeWithPython, pythonProgram } from '../../../support/python.js';
import { openRemote } from '../../../support/remote.js';
import { startMlserver } from '../../../support/servers/mlserver.js';
import { startInferenceServer } from '../../../support/servers/open-inference.js';

const NANODET = dataPath('models/det/nanodet_m_320.onnx');

/** Asks with Triton's own client, and tells each output's shape and sum. */
const CLIENT = `
import json, sys
import numpy as np
protocol, url, model = sys.argv[1:]
if protocol == "http":
    import tritonclient.http as triton
else:
    import tritonclient.grpc as triton
client = triton.InferenceServerClient(url)
metadata = client.get_model_metadata(model) if protocol == "http" else client.get_model_metadata(model, as_json=True)
shape = [int(side) for side in metadata["inputs"][0]["shape"]]
given = triton.InferInput(metadata["inputs"][0]["name"], shape, "FP32")
given.set_data_from_numpy((np.arange(np.prod(shape)) % 255).astype(np.float32).reshape(shape))
names = [output["name"] for output in metadata["outputs"]]
wanted = [triton.InferRequestedOutput(name) for name in names]
result = client.infer(model, [given], outputs=wanted)
print(json.dumps({name: [list(result.as_numpy(name).shape), float(result.as_numpy(name).sum())] for name in names}))
`;

describeWithPython('algo/remote: servers and clients of others', function () {
  this.timeout(120_000);

  it('MLServer with ONNX Runtime gives, over HTTP and gRPC, what the model gives here', async () => {
    const server = await startMlserver('nanodet', NANODET);
    try {
      const here = await openModel(NANODET, { threads: 1 });
      const wanted = await detectIn(here, picture('images/bus.jpg'));
      await here.close();
      for (const [protocol, url] of [['http', server.httpUrl], ['grpc', server.grpcUrl]] as const) {
        const algo = await openRemote({ url, protocol, model: 'nanodet', timeout: 60 });
        assert.equal(algo.description['family'], 'nanodet');
        assert.deepEqual(await detectIn(algo as OnnxAlgo, picture('images/bus.jpg')), wanted);
        await algo.close();
      }
    } finally {
      await server.stop();
    }
  });

  it("Triton's client understands the server that the other tests ask", async () => {
    const server = await startInferenceServer({ models: { nanodet: NANODET } });
    try {
      const [http, grpc] = await Promise.all(([['http', server.httpUrl.slice(7)], ['grpc', server.grpcUrl.slice(7)]] as const).map(async ([protocol, url]) => {
        const { stdout } = await promisify(execFile)(pythonProgram(), ['-c', CLIENT, protocol, url, 'nanodet']);
        return JSON.parse(stdout) as Record<string, [number[], number]>;
      }));
      assert.deepEqual(http?.['cls_pred_stride_8']?.[0], [1, 1600, 80]);
      assert.ok(Object.values(http).every(([, sum]) => Number.isFinite(sum) && sum !== 0));
      assert.deepEqual(grpc, http);
    } finally {
      await server.stop();
    }
  });
});
