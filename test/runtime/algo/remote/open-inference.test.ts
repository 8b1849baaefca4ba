import assert from 'node:assert/strict';

import type { OnnxAlgo } from '../../../../dist/runtime/algo/onnx/index.js';
import type { LaneAlgo } from '../../../../dist/runtime/algo/index.js';
import { dataPath } from '../../../support/data.js';
import { detectIn, openModel, picture } from '../../../support/onnx.js';
import { openRemote } from '../../../support/remote.js';
import { type InferenceServer, startInferenceServer } from '../../../support/servers/open-inference.js';

const MODELS = {
  'yolox nano/416': 'det/yolox_nano_416.onnx',
  nanodet: 'det/nanodet_m_320.onnx',
  'e2e-nms': 'variants/yolox_nano_e2e_nms.onnx',
  'free-size': 'variants/yolox_nano_raw_dynamic.onnx',
  half: 'variants/yolox_nano_yolov8fmt_fp16.onnx',
  nhwc: 'from-npm/centernet.onnx',
};
const BUS = 'images/bus.jpg';

async function serve(options: { bytes?: boolean; raw?: boolean; token?: string } = {}): Promise<InferenceServer> {
  return await startInferenceServer({ models: Object.fromEntries(Object.entries(MODELS).map(([name, path]) => [name, dataPath(`models/${path}`)])), ...options });
}

/** What a model finds on this machine, how it is described, and the names of its classes, which no server tells. */
async function local(model: keyof typeof MODELS): Promise<{ found: unknown; family: unknown; classNames: unknown }> {
  const algo = await openModel(MODELS[model], { threads: 1 });
  const found = await detectIn(algo, picture(BUS));
  await algo.close();
  return { found, family: algo.description['family'], classNames: algo.description['labels'] };
}

async function far(algo: LaneAlgo): Promise<unknown> {
  return await detectIn(algo as OnnxAlgo, picture(BUS));
}

describe('algo/remote: a model on a server gives what it gives here', () => {
  let server: InferenceServer | undefined;
  afterEach(async () => {
    await server?.stop();
    server = undefined;
  });

  for (const model of Object.keys(MODELS) as (keyof typeof MODELS)[]) {
    for (const protocol of ['http', 'grpc'] as const) {
      it(`${model} over ${protocol}`, async () => {
        server = await serve();
        const here = await local(model);
        const algo = await openRemote({ url: protocol === 'http' ? server.httpUrl : server.grpcUrl, protocol, model, options: { classNames: here.classNames } });
        assert.equal(algo.description['family'], here.family);
        assert.equal(algo.description['executionProvider'], 'remote');
        assert.equal(algo.description['runtime'], `open-inference-${protocol}`);
        assert.deepEqual(await far(algo), here.found);
        assert.ok((here.found as unknown[]).length > 2);
        assert.ok(server.inferences.every(({ bytes }) => bytes));
        await algo.close();
      });
    }
  }

  it('a server that takes no bytes is asked in JSON from the second request on', async () => {
    server = await serve({ bytes: false });
    const algo = await openRemote({ url: `${server.httpUrl}/`, model: 'nanodet', version: '1' });
    assert.deepEqual(await far(algo), (await local('nanodet')).found);
    assert.deepEqual(await far(algo), (await local('nanodet')).found);
    // one try with bytes, its answer in JSON, two runs
    assert.equal(server.inferences.length, 4);
    await algo.close();
  });

  it('a server that answers in lists is understood (gRPC)', async () => {
    server = await serve({ raw: false });
    const algo = await openRemote({ url: server.grpcUrl, protocol: 'grpc', model: 'nanodet' });
    assert.deepEqual(await far(algo), (await local('nanodet')).found);
    await algo.close();
  });

  it('class names and thresholds are the algo\'s own, and may change while it runs', async () => {
    server = await serve();
    const algo = (await openRemote({ url: server.httpUrl, model: 'nanodet', options: { labels: ['bus'], scoreThreshold: 0.2 } })) as OnnxAlgo;
    assert.deepEqual(new Set((await detectIn(algo, picture(BUS))).map(({ label }) => label)), new Set(['bus']));
    algo.set({ scoreThreshold: 1 });
    assert.deepEqual(await detectIn(algo, picture(BUS)), []);
    await algo.close();
  });

  for (const protocol of ['http', 'grpc'] as const) {
    it(`the token goes with every request, and without it the server is understood to refuse (${protocol})`, async () => {
      server = await serve({ token: 'open sesame' });
      const url = protocol === 'http' ? server.httpUrl : server.grpcUrl;
      const algo = await openRemote({ url, protocol, model: 'nanodet', token: 'open sesame' });
      assert.ok(Array.isArray(await far(algo)));
      await algo.close();
      await assert.rejects(openRemote({ url, protocol, model: 'nanodet', token: 'wrong' }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'REMOTE_REFUSED');
        assert.match(error.message, /token/);
        assert.doesNotMatch(error.message, /wrong[^,]*Bearer/);
        return true;
      });
    });

    it(`a model that the server does not have is named (${protocol})`, async () => {
      server = await serve();
      const url = protocol === 'http' ? server.httpUrl : server.grpcUrl;
      await assert.rejects(openRemote({ url, protocol, model: 'no-such' }), { code: 'REMOTE_REFUSED', message: /no-such/ });
    });
  }

  it('as many runs as allowed are under way at once', async () => {
    server = await serve();
    const algo = await openRemote({ url: server.httpUrl, model: 'nanodet', concurrency: 3 });
    let go: () => void = () => undefined;
    server.hold(new Promise((resolve) => { go = resolve; }));
    const runs = [far(algo), far(algo), far(algo)];
    while (server.mostAtOnce() < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    go();
    const [first, ...others] = await Promise.all(runs);
    for (const other of others) assert.deepEqual(other, first);
    await algo.close();
  });
});
