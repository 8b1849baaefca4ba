import assert from 'node:assert/strict';

import { inspectModel } from '../../../../dist/runtime/algo/onnx/index.js';
import { dataPath } from '../../../support/data.js';

describe('algo/onnx/inspect', () => {
  it('tells all of a model that is understood, as plain JSON', async () => {
    const report = await inspectModel(dataPath('models/variants/yolox_nano_yolov8fmt.onnx'));
    const { labels, ...rest } = report;
    assert.equal(labels?.length, 80);
    assert.deepEqual(rest, {
      family: 'yolov8',
      task: 'object-detection',
      confidence: 1,
      why: '4 + classes rows of 3549 anchors, one for each cell of the grids, metadata says task "detect"',
      inputs: [{ name: 'images', dtype: 'float32', shape: ['batch', 3, 416, 416] }],
      outputs: [{ name: 'output0', dtype: 'float32', shape: ['batch', 84, 3549] }],
      opset: 12,
      producer: 'make_variants.py',
      licence: 'Apache-2.0',
      metadata: ['description', 'author', 'license', 'stride', 'task', 'batch', 'imgsz', 'names'],
      classes: 80,
      labelsFrom: 'model',
      tensor: { width: 416, height: 416, fit: 'letterbox-center', pad: 114, layout: 'NCHW', channels: 'rgb', dtype: 'float32', scale: 1 / 255, mean: [0, 0, 0], std: [1, 1, 1] },
    });
    assert.deepEqual(JSON.parse(JSON.stringify(report)), report);
  });

  it('what overrules the model is taken into account', async () => {
    const report = await inspectModel(dataPath('models/variants/yolox_nano_yolov5fmt.onnx'), { family: 'yolox', classNames: ['mine'] });
    assert.equal(report.family, 'yolox');
    assert.deepEqual([report.labelsFrom, report.labels, report.classes], ['options', ['mine'], 80]);
  });

  it('a model of no known family is described, with the reason', async () => {
    const report = await inspectModel(dataPath('models/graph/nms-yolov8.onnx'));
    assert.equal(report.family, null);
    assert.match(report.why, /no family that is understood.*detection float32.*config float32\[3\].*Understood are: yolox, /);
    assert.deepEqual(report.inputs.map(({ name, dtype }) => [name, dtype]), [['detection', 'float32'], ['config', 'float32']]);
    assert.equal(report.tensor, undefined);
  });

  it('broken and missing models are errors', async () => {
    await assert.rejects(inspectModel(dataPath('models/tiny/broken_truncated.onnx')), { code: 'MODEL_LOAD_FAILED' });
    await assert.rejects(inspectModel(dataPath('models/nowhere.onnx')), { code: 'MODEL_NOT_FOUND' });
    await assert.rejects(inspectModel(dataPath('models/det/yolox_nano_416.onnx'), { classNames: '/nowhere' }), { code: 'OPTION_INVALID' });
  });
});
