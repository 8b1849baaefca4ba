import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { ppocr } from '../../../../../dist/runtime/algo/onnx/families/ppocr.js';
import { openRecognizer, type Recognizer } from '../../../../../dist/runtime/algo/onnx/ocr/recognizer.js';
import { onnxOptionsSchema } from '../../../../../dist/runtime/base/plan.js';
import { iou } from '../../../../../dist/runtime/vision/index.js';
import { boxOf, readGoldenFile } from '../../../../support/golden.js';
import { openModel, picture } from '../../../../support/onnx.js';
import type { RgbPicture } from '../../../../support/pixels.js';
import { assertFits } from '../../../../support/schemas.js';
import { bgrOf, OCR, openReader, readIn } from '../../../../support/text.js';
import { temporaryFolder } from '../../../../support/tfjs.js';
import { assertFails, saveAnswer } from '../../../../support/tiny-models.js';

type GoldenLine = { readonly box: readonly [number, number, number, number]; readonly text: string; readonly score: number };
type GoldenText = { readonly images: readonly { readonly file: string; readonly text?: string; readonly score?: number; readonly lines?: readonly GoldenLine[] }[] };

const { images } = readGoldenFile('ppocrv4_rec_text') as GoldenText;
const PAGE = 'images/ocr/ppocr-det-test.png';
const PAGE_LINES = images.find(({ file }) => file === PAGE)?.lines ?? [];
/** Other crops, and other bilinear weights: a mean over characters moves by so much at most. */
const SCORE_TOLERANCE = 0.05;

function black(width: number, height: number): RgbPicture {
  return { width, height, data: new Uint8Array(width * height * 3) };
}

function quadOf([x1, y1, x2, y2]: GoldenLine['box']): Parameters<Recognizer['read']>[1][number] {
  return [{ x: x1, y: y1 }, { x: x2, y: y1 }, { x: x2, y: y2 }, { x: x1, y: y2 }];
}

/** A detector of 16 × 8 pixels that gives these probabilities for any picture. */
async function saveDetector(probability: (at: number) => number): Promise<string> {
  return await saveAnswer(Array.from({ length: 128 }, (_, at) => probability(at)), [1, 1, 8, 16]);
}

/** A recognizer of lines of 32 pixels that gives these numbers for any line. */
async function saveRecognizer(steps: readonly (readonly number[])[]): Promise<string> {
  return await saveAnswer(steps.flat(), [1, steps.length, steps[0]?.length ?? 0], { input: [1, 3, 48, 32] });
}

async function saveCharacters(...characters: readonly string[]): Promise<string> {
  const file = join(await temporaryFolder(), 'keys.txt');
  await writeFile(file, characters.join('\n'));
  return file;
}

describe('algo/onnx/ocr: lines, read by PP-OCRv4', function () {
  this.timeout(120_000);
  let recognizer: Recognizer;

  before(async () => {
    recognizer = await openRecognizer(onnxOptionsSchema.parse({ recognition: OCR.recognition, characters: OCR.characters }));
  });
  after(() => recognizer.session.close());

  for (const { file, text, score = 0 } of images.filter((image) => image.text !== undefined)) {
    it(`${file} says ${text}`, async () => {
      const given = picture(file);
      const [reading] = await recognizer.read({ ...given, data: new Uint8Array(bgrOf(given)) }, [quadOf([0, 0, given.width, given.height])], AbortSignal.timeout(60_000));
      assert.ok(reading);
      assert.equal(reading.text, text);
      assert.ok(Math.abs(reading.score - score) <= SCORE_TOLERANCE, `${reading.score}, not ${score}`);
    });
  }

  it('lines in batches say what they say alone', async () => {
    const given = picture(PAGE);
    const page = { ...given, data: new Uint8Array(bgrOf(given)) };
    const quads = PAGE_LINES.map(({ box }) => quadOf(box));
    const together = await recognizer.read(page, quads, AbortSignal.timeout(60_000));
    assert.equal(together.length, quads.length);
    for (const [i, quad] of quads.slice(0, 5).entries()) {
      const [alone] = await recognizer.read(page, [quad], AbortSignal.timeout(60_000));
      assert.equal(together[i]?.text, alone?.text);
    }
  });

  it('is read from where reading begins: turned upside down it says something else', async () => {
    const given = picture('images/ocr/ppocr-rec-test.png');
    const page = { ...given, data: new Uint8Array(bgrOf(given)) };
    const [a, b, c, d] = quadOf([0, 0, given.width, given.height]);
    const [straight, turned] = await recognizer.read(page, [[a, b, c, d], [c, d, a, b]], AbortSignal.timeout(60_000));
    assert.equal(straight?.text, 'JOINT');
    assert.notEqual(turned?.text, 'JOINT');
  });

  it('no lines, a line without height, one beside the picture: no error', async () => {
    const page = { ...black(40, 20), data: new Uint8Array(40 * 20 * 3) };
    assert.deepEqual(await recognizer.read(page, [], AbortSignal.timeout(60_000)), []);
    assert.equal((await recognizer.read(page, [quadOf([5, 5, 30, 5]), quadOf([-500, -500, -400, -480]), quadOf([0, 0, 1e6, 1])], AbortSignal.timeout(60_000))).length, 3);
  });

  it('stops between batches when the run is given up', async () => {
    const page = { ...black(40, 20), data: new Uint8Array(40 * 20 * 3) };
    await assert.rejects(recognizer.read(page, [quadOf([0, 0, 40, 20])], AbortSignal.abort()), { name: 'AbortError' });
  });
});

describe('algo/onnx/ocr: text found and read', function () {
  this.timeout(120_000);

  for (const detection of [OCR.detection, OCR.olderDetection]) {
    it(`${detection.slice(detection.lastIndexOf('/') + 1)} finds the lines of a page and they are read`, async () => {
      const algo = await openReader(detection);
      assert.deepEqual([algo.description['family'], algo.description['task'], algo.description['characters'], algo.warning], ['ppocr', 'text', 6624, undefined]);
      assert.deepEqual(algo.needs, { kind: 'pixels', format: 'bgr24', maxSide: 1920 });
      const found = await readIn(algo, picture(PAGE));
      assertFits('text', found);
      // one is written from top to bottom, which the golden's program read as if it were not
      const [upright, ...misread] = PAGE_LINES.filter(({ score }) => score < 0.9);
      assert.ok(upright && misread.length === 0);
      const missing = PAGE_LINES.filter(({ box: [x1, y1, x2, y2], text }) => !found.some((read) => iou(boxOf(read), { x1, y1, x2, y2 }) >= 0.6 && read.text === text));
      assert.ok(missing.length <= 2, `not read: ${missing.map(({ text }) => text).join(' | ')}`);
      assert.ok(missing.includes(upright) && found.some(({ text, polygon: [first, second] }) => text === 'ODMOEM' && second[1] - first[1] > 50));
      assert.equal(found.length, PAGE_LINES.length);
      const tops = found.filter(({ text }) => text !== 'ODMOEM').map(({ box }) => Math.round(box.ymin / 10));
      assert.deepEqual(tops, [...tops].sort((a, b) => a - b), 'in reading order');
      assert.ok(found.every(({ label, text, classId, score }) => label === text && classId === 0 && score >= 0.3 && score <= 1));
      await algo.close();
    });
  }

  it('results are in pixels of the source, whatever the size of the frame', async () => {
    const algo = await openReader();
    const [small, large] = [await readIn(algo, picture('images/ocr/ppocr-rec-test.png')), await readIn(algo, picture('images/ocr/ppocr-rec-test.png'), 3)];
    assert.deepEqual([small.map(({ text }) => text), large.map(({ text }) => text)], [['JOINT'], ['JOINT']]);
    assert.ok(Math.abs((large[0]?.box.xmax ?? 0) - 3 * (small[0]?.box.xmax ?? 0)) < 0.01);
    await algo.close();
  });

  it('keeps the lines whose score and text are wanted, and no more than are wanted', async () => {
    const page = picture(PAGE);
    const algo = await openReader(OCR.detection, { labels: ['odmoem', '（成品包材）'] });
    assert.deepEqual((await readIn(algo, page)).map(({ text }) => text).sort(), ['ODMOEM', '（成品包材）']);
    algo.set({ scoreThreshold: 1 });
    assert.deepEqual(await readIn(algo, page), []);
    assert.throws(() => { algo.set({ scoreThreshold: 2 }); }, { code: 'OPTION_INVALID' });
    await algo.close();
    const few = await openReader(OCR.detection, { maxDetections: 3 });
    assert.equal((await readIn(few, page)).length, 3);
    await few.close();
  });

  it('an empty picture, and one of a pixel, hold no text', async () => {
    const algo = await openReader();
    for (const [width, height] of [[320, 240], [1, 1], [2, 900]] as const) assert.deepEqual(await readIn(algo, black(width, height)), []);
    await algo.close();
  });

  it('takes a size, and padding, that the user sets', async () => {
    const algo = await openReader(OCR.detection, onnxOptionsSchema.pick({ input: true }).parse({ input: { width: 640, height: 640, fit: 'letterbox-center' } }));
    const found = await readIn(algo, picture('images/ocr/lplate.jpg'));
    assert.deepEqual(found.map(({ text }) => text), ['湘F·6CL03']);
    assert.ok(found[0] && found[0].box.xmax <= 94 && found[0].box.ymax <= 24 && found[0].box.xmax > 80);
    await algo.close();
  });
});

describe('algo/onnx/ocr: what is wrong is named', function () {
  this.timeout(120_000);

  const everywhere = (): number => 1;

  it('no recognition model', async () => {
    await assertFails(openModel(OCR.detection), 'OPTION_INVALID', /^options\.recognition: expected the path/);
    await assertFails(openReader(OCR.detection, { recognition: '/none/rec.onnx' }), 'MODEL_NOT_FOUND', /^options\.recognition: .*rec\.onnx/);
    await assertFails(openReader(OCR.detection, { recognition: OCR.characters }), 'MODEL_LOAD_FAILED', /^options\.recognition: /);
  });

  it('another model than one that reads', async () => {
    await assertFails(openReader(OCR.detection, { recognition: OCR.detection }), 'MODEL_UNSUPPORTED', /^options\.recognition: expected a model from .*got x float32/);
  });

  it('no characters, or those of another model', async () => {
    await assertFails(openModel(OCR.detection, { recognition: OCR.recognition }), 'OPTION_INVALID', /^options\.characters: /);
    await assertFails(openReader(OCR.detection, { characters: await saveCharacters('a', 'b') }), 'OPTION_INVALID', /^options\.characters: there are 2, .* 6624/);
  });

  it('a recognition model for one that finds no text: a warning', async () => {
    const algo = await openModel('det/light_person_detector.onnx', { recognition: OCR.recognition });
    assert.match(algo.warning ?? '', /options\.recognition is for models that find text/);
    await algo.close();
  });

  it('a map without numbers is no text; a reading without numbers is none', async () => {
    const characters = await saveCharacters('a');
    const good = await saveRecognizer([[0, 1], [1, 0]]);
    const cases = [
      { detector: await saveDetector(everywhere), recognition: good, texts: ['a'] },
      { detector: await saveDetector(() => NaN), recognition: good, texts: [] },
      { detector: await saveDetector(everywhere), recognition: await saveRecognizer([[NaN, NaN], [0, NaN]]), texts: [] },
    ];
    for (const { detector, recognition, texts } of cases) {
      const algo = await openModel(detector, { family: 'ppocr', recognition, characters });
      assert.deepEqual((await readIn(algo, black(32, 16))).map(({ text }) => text), texts);
      await algo.close();
    }
  });

  it('a detector whose map is of another shape', async () => {
    const detector = await saveAnswer(new Array<number>(128).fill(1), [1, 2, 8, 8]);
    await assertFails(openModel(detector, { family: 'ppocr', recognition: OCR.recognition }), 'MODEL_UNSUPPORTED', /cannot be read as ppocr, which reads \[1, 1, H, W\]/);
    const facts = { inputs: [], outputs: [], metadata: {} };
    const spec = ppocr.inputSpec({ ...facts, inputs: [{ name: 'x', dtype: 'float32', shape: [1, 3, 8, 8] }] });
    for (const shape of [[1, 2, 8, 8], [2, 1, 8, 8], [1, 1, 0, 8], [64]]) {
      assert.throws(() => ppocr.decode([{ name: 'y', shape, data: new Float32Array(64) }], { spec, facts, scoreThreshold: 0 }), { code: 'MODEL_UNSUPPORTED' });
    }
    assert.throws(() => ppocr.decode([], { spec, facts, scoreThreshold: 0 }), { code: 'MODEL_UNSUPPORTED' });
  });

  it('a frame of another kind than was asked for', async () => {
    const algo = await openReader();
    await assert.rejects(algo.run([], AbortSignal.timeout(1000)), { code: 'INTERNAL' });
    await algo.close();
    await algo.close();
  });
});
