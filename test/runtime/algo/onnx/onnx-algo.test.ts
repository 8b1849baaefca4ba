import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';

import type { Detection, OnnxOptions } from '../../../../dist/runtime/base/index.js';
import { placeLetterbox } from '../../../../dist/runtime/vision/index.js';
import { iou } from '../../../../dist/runtime/vision/index.js';
import { dataPath } from '../../../support/data.js';
import { boxOf } from '../../../support/golden.js';
import { detectIn, openModel, picture, specOf } from '../../../support/onnx.js';
import { tensorData } from '../../../support/pixels.js';

const BUS = 'images/bus.jpg';
/** What every detector sees in that picture: the bus, and the three people in front of it. */
const PEOPLE = [
  { label: 'person', x1: 50, y1: 395, x2: 222, y2: 900 },
  { label: 'person', x1: 219, y1: 403, x2: 347, y2: 857 },
  { label: 'person', x1: 680, y1: 400, x2: 810, y2: 874 },
];
const SCENE = [...PEOPLE, { label: 'bus', x1: 15, y1: 231, x2: 801, y2: 745 }];

function assertSees(found: readonly Detection[], things: typeof SCENE): void {
  for (const thing of things) {
    const best = Math.max(0, ...found.filter(({ label }) => label === thing.label).map((detection) => iou(boxOf(detection), thing)));
    assert.ok(best >= 0.7, `no ${thing.label} at ${thing.x1}, ${thing.y1} (best overlap ${best.toFixed(2)})`);
  }
}

const MODELS: readonly { model: string; why: string; options?: Partial<OnnxOptions>; family: string; input: string; classes: number; sees?: typeof SCENE }[] = [
  { model: 'det/yolox_nano_416.onnx', why: 'raw YOLOX head', family: 'yolox', input: '416x416', classes: 80 },
  { model: 'det/yolox_nano_416.onnx', why: 'in WebAssembly', options: { executionProviders: ['wasm'] }, family: 'yolox', input: '416x416', classes: 80 },
  { model: 'det/light_person_detector.onnx', why: 'one class, names from the option', options: { classNames: ['person'] }, family: 'yolox', input: '192x192', classes: 1, sees: PEOPLE },
  { model: 'det/nanodet_m_320.onnx', why: 'six outputs', family: 'nanodet', input: '320x320', classes: 80 },
  { model: 'variants/yolox_nano_e2e_nms.onnx', why: 'NMS in the graph', family: 'end2end', input: '416x416', classes: 80 },
  { model: 'variants/yolox_nano_raw_dynamic.onnx', why: 'free size: 640', family: 'yolox', input: '640x640', classes: 80 },
  { model: 'variants/yolox_nano_raw_int8_qdq.onnx', why: '8-bit weights', family: 'yolox', input: '640x640', classes: 80 },
  { model: 'variants/yolox_nano_yolov8fmt.onnx', why: 'YOLOv8 layout, free batch', family: 'yolov8', input: '416x416', classes: 80 },
  { model: 'variants/yolox_nano_yolov8fmt_fp16.onnx', why: 'half precision in and out', family: 'yolov8', input: '416x416', classes: 80 },
  { model: 'variants/yolox_nano_yolov8fmt_fp16.onnx', why: 'half precision in WebAssembly', options: { executionProviders: ['wasm'] }, family: 'yolov8', input: '416x416', classes: 80 },
  { model: 'det-agpl/yolo11n_int8.onnx', why: 'a real YOLO11', family: 'yolov8', input: '320x320', classes: 80 },
  { model: 'det-agpl/yolov8n_int8_dynamic.onnx', why: 'a real YOLOv8', family: 'yolov8', input: '640x640', classes: 80 },
  { model: 'variants/yolox_nano_yolov5fmt.onnx', why: 'YOLOv5 layout', family: 'yolov5', input: '416x416', classes: 80 },
  { model: 'from-npm/centernet.onnx', why: 'heat maps, NHWC', family: 'centernet', input: '512x512', classes: 80 },
];

describe('algo/onnx/onnx-algo', () => {
  for (const { model, why, options, family, input, classes, sees } of MODELS) {
    it(`${model} (${why}) is ${family} and sees the people and the bus`, async () => {
      const algo = await openModel(model, options);
      const { labels, threads, batch, ...description } = algo.description;
      const wasm = options?.executionProviders?.includes('wasm');
      assert.deepEqual(description, { family, task: 'object-detection', executionProvider: wasm ? 'wasm' : 'cpu', runtime: wasm ? 'onnxruntime-web' : 'onnxruntime-node', input, classes });
      assert.ok(Number(threads) >= 1 && Number(batch) >= 1);
      assert.equal((labels as string[])[0], 'person');
      const found = await detectIn(algo, picture(BUS));
      assertSees(found, sees ?? SCENE);
      assert.ok(found.length <= 6, `and not much else: ${found.length}`);
      await algo.close();
    });
  }

  it('detections are sorted by score, within the frame, rounded, and plain data', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx', { scoreThreshold: 0.05 });
    const found = await detectIn(algo, picture(BUS));
    assert.ok(found.length > 5);
    for (const [i, { score, box, classId }] of found.entries()) {
      assert.ok(score >= 0.05 && score <= (found[i - 1]?.score ?? 1));
      assert.ok(box.xmin >= 0 && box.ymin >= 0 && box.xmax <= 810 && box.ymax <= 1080 && box.xmin < box.xmax && box.ymin < box.ymax);
      assert.equal(Number(box.xmin.toFixed(3)), box.xmin);
      assert.equal(Number(score.toFixed(5)), score);
      assert.ok(Number.isInteger(classId));
    }
    assert.deepEqual(structuredClone(found), found);
    await algo.close();
  });

  it('the same tensor gives the same result every time, and stays as it was', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx');
    const first = await detectIn(algo, picture(BUS));
    await detectIn(algo, picture('images/zidane.jpg'));
    assert.deepEqual(await detectIn(algo, picture(BUS)), first);
    await algo.close();
  });

  it('only the labels asked for are kept, and rivals of other classes do not suppress them', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx', { labels: ['Person', '16'], nms: 'class-agnostic', iouThreshold: 0 });
    const found = await detectIn(algo, picture(BUS));
    assertSees(found, PEOPLE);
    assert.deepEqual([...new Set(found.map(({ label }) => label))], ['person']);
    await algo.close();
  });

  it('class-agnostic NMS: the people before the bus go when any overlap is too much', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx', { nms: 'class-agnostic', iouThreshold: 0 });
    assert.deepEqual((await detectIn(algo, picture(BUS))).map(({ label }) => label), ['bus']);
    await algo.close();
  });

  it('at most maxDetections, the best ones', async () => {
    for (const model of ['det/yolox_nano_416.onnx', 'variants/yolox_nano_e2e_nms.onnx']) {
      const algo = await openModel(model, { maxDetections: 2 });
      const found = await detectIn(algo, picture(BUS));
      assert.deepEqual(found.map(({ label }) => label), ['bus', 'person'], model);
      await algo.close();
    }
  });

  it('thresholds can be set while it runs; wrong ones are OPTION_INVALID and change nothing', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx');
    assert.equal((await detectIn(algo, picture(BUS))).length, 4);
    algo.set({ scoreThreshold: 0.9 });
    assert.equal((await detectIn(algo, picture(BUS))).length, 1);
    for (const scoreThreshold of [-0.1, 1.1, NaN, Infinity, '0.5' as unknown as number]) {
      assert.throws(() => { algo.set({ scoreThreshold }); }, { code: 'OPTION_INVALID' });
    }
    assert.throws(() => { algo.set({ iouThreshold: 2 }); }, { code: 'OPTION_INVALID' });
    algo.set({});
    assert.equal((await detectIn(algo, picture(BUS))).length, 1);
    algo.set({ scoreThreshold: 0.3, iouThreshold: 1 });
    assert.ok((await detectIn(algo, picture(BUS))).length > 10, 'nothing is suppressed');
    await algo.close();
  });

  it('a threshold of 0 gives maxDetections boxes in bounded time', async () => {
    const algo = await openModel('from-npm/centernet.onnx', { scoreThreshold: 0, iouThreshold: 1, maxDetections: 10_000 });
    const found = await detectIn(algo, picture(BUS));
    assert.ok(found.length > 1000 && found.length <= 10_000);
    await algo.close();
  });

  it('boxes are in pixels of the source whatever the size that was decoded', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx');
    const image = picture(BUS);
    const letterbox = placeLetterbox(specOf(algo), { width: image.width * 2, height: image.height * 2 }, image);
    const info = { index: 1, sourceIndex: 0, ptsUs: 0, width: image.width * 2, height: image.height * 2 };
    const data = tensorData(image, specOf(algo), letterbox);
    const found = (await algo.run([{ kind: 'tensor', info, letterbox, data }], AbortSignal.timeout(60_000))) as Detection[];
    assertSees(found, SCENE.map((thing) => ({ ...thing, x1: thing.x1 * 2, y1: thing.y1 * 2, x2: thing.x2 * 2, y2: thing.y2 * 2 })));
    await algo.close();
  });

  it('a missing provider and too few names are told in one warning', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx', { executionProviders: ['no-such-provider'], classNames: ['human'] });
    assert.match(algo.warning ?? '', /^runs on cpu: no-such-provider: .*; options\.classNames has 1 names, the model 80 classes$/);
    assert.deepEqual((await detectIn(algo, picture(BUS))).map(({ label }) => label).sort(), ['class 5', 'human', 'human', 'human']);
    await algo.close();
  });

  it('frames that are not one tensor, an aborted signal and a closed algo are errors', async () => {
    const algo = await openModel('det/yolox_nano_416.onnx');
    const info = { index: 1, sourceIndex: 0, ptsUs: 0, width: 10, height: 10 };
    const letterbox = placeLetterbox(specOf(algo), info);
    const signal = AbortSignal.timeout(60_000);
    const good = { kind: 'tensor', info, letterbox, data: new ArrayBuffer(3 * 416 * 416 * 4) } as const;
    await assert.rejects(algo.run([], signal), { code: 'INTERNAL' });
    await assert.rejects(algo.run([good, good], signal), { code: 'INTERNAL' });
    await assert.rejects(algo.run([{ kind: 'pixels', info, width: 10, height: 10, format: 'bgr24', data: new ArrayBuffer(300) }], signal), { code: 'INTERNAL' });
    await assert.rejects(algo.run([{ ...good, data: new ArrayBuffer(12) }], signal), { code: 'MODEL_RUN_FAILED' });
    await assert.rejects(algo.run([good], AbortSignal.abort(new Error('too late'))), /too late/);
    assert.deepEqual(await algo.run([good], signal), []);
    await algo.close();
    await algo.close();
    await assert.rejects(algo.run([good], signal), { code: 'MODEL_RUN_FAILED' });
  });

  const REFUSED: readonly { model: string; options?: Partial<OnnxOptions>; code: string; says: RegExp }[] = [
    { model: 'nowhere.onnx', code: 'MODEL_NOT_FOUND', says: /nowhere\.onnx/ },
    { model: 'det', code: 'MODEL_LOAD_FAILED', says: /is no file/ },
    { model: 'det/yolox_nano_416.onnx', options: { labels: ['persn'] }, code: 'OPTION_INVALID', says: /did you mean "person"\?/ },
    { model: 'det/yolox_nano_416.onnx', options: { labels: ['80'] }, code: 'OPTION_INVALID', says: /no class "80"/ },
    { model: 'det/yolox_nano_416.onnx', options: { classNames: '/nowhere/names.txt' }, code: 'OPTION_INVALID', says: /cannot read \/nowhere\/names\.txt/ },
    { model: 'det/yolox_nano_416.onnx', options: { family: 'centernet' }, code: 'MODEL_UNSUPPORTED', says: /cannot be read as centernet/ },
  ];
  for (const { model, options, code, says } of REFUSED) {
    it(`${model} ${JSON.stringify(options ?? {})} is ${code}`, async () => {
      await assert.rejects(openModel(model, options), (error: Error & { code: string }) => {
        assert.equal(error.code, code, error.message);
        assert.match(error.message, says);
        return true;
      });
    });
  }

  it('small models of all kinds end in MODEL_UNSUPPORTED if they are no classifiers, broken ones in MODEL_LOAD_FAILED, none in a crash', async () => {
    const files = readdirSync(dataPath('models/tiny'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.onnx'));
    assert.ok(files.length > 20);
    for (const file of files) {
      if (/mnist|light_/.test(file)) {
        const algo = await openModel(`tiny/${file}`);
        assert.equal(algo.description['family'], 'classify', file);
        await algo.close();
        continue;
      }
      const code = file.includes('broken_') ? 'MODEL_LOAD_FAILED' : 'MODEL_UNSUPPORTED';
      await assert.rejects(openModel(`tiny/${file}`), { code }, file);
    }
  });
});
