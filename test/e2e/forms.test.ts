import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import type { Page } from 'playwright-core';

import { assertAccessible } from '../support/axe.js';
import { dataPath, hasData } from '../support/data.js';
import { closeForm, openForm } from '../support/editor.js';
import { BEACH } from '../support/flows.js';
import type { NodeRed } from '../support/node-red.js';
import { withEditor } from '../support/with-editor.js';

const MODEL = dataPath('models/det/nanodet_m_320.onnx');
const FLOWS = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'source', type: 'stream-source', z: 'tab1', x: 120, y: 100, name: 'beach', wires: [['algo']], version: 1, location: BEACH, start: 'message', engine: '' },
  { id: 'algo', type: 'stream-algo', z: 'tab1', x: 320, y: 100, wires: [['recorder']], version: 2, kind: 'motion' },
  { id: 'detector', type: 'stream-algo', z: 'tab1', x: 320, y: 200, wires: [[]], version: 2, kind: 'onnx', model: 'catalogue:yolox-nano', labels: 'person, persn' },
  { id: 'recorder', type: 'stream-recorder', z: 'tab1', x: 520, y: 100, wires: [[]], version: 1, start: 'message' },
];

describe('forms that help', function () {
  this.timeout(120_000);
  const editor = withEditor('forms', FLOWS);
  const { picture } = editor;
  let nodeRed: NodeRed;
  let page: Page;

  before(() => { ({ nodeRed, page } = editor); });
  afterEach(async () => {
    if ((await page.locator('.red-ui-tray').count()) > 0) await closeForm(page, 'cancel');
  });

  describe('a source is tried', () => {
    const result = '#stream-source-test-result';

    it('what is there, and its first picture', async () => {
      await openForm(page, 'source');
      await page.click('#stream-source-test');
      await page.waitForSelector(`${result} img`);
      assert.match((await page.textContent(`${result} p`)) ?? '', /^640×360 · 29\.97 fps · [\d.]+ s · h264 \(mov/);
      await assertAccessible(page, '#stream-source-form');
      await picture('source');
    });

    it('what is wrong stands beside the field', async () => {
      await openForm(page, 'source');
      await page.fill('#node-input-location', '/none/none.mp4');
      await page.click('#stream-source-test');
      await page.waitForSelector(`${result} .stream-infer-wrong`);
      assert.match((await page.textContent(result)) ?? '', /no such file/);
    });

    it('a form that is closed gives up', async () => {
      await openForm(page, 'source');
      await page.click('#stream-source-test');
      const over = page.waitForEvent('requestfailed');
      await closeForm(page, 'cancel');
      assert.match((await over).url(), /test-source$/);
    });
  });

  it('an algo shows which frames its runs get, and says it', async () => {
    await openForm(page, 'algo');
    await page.fill('#node-input-frameCount', '5');
    await page.fill('#node-input-frameStep', '6');
    await page.fill('#node-input-interval', '2');
    const svg = '#stream-algo-diagram svg';
    assert.equal(await page.getAttribute(svg, 'aria-label'), 'At 25 frames a second it runs at frames 50, 100, 150 …; the first run gets frames 26, 32, 38, 44, 50.');
    assert.equal(await page.locator(`${svg} .stream-infer-used`).count(), 15);
    await page.locator(svg).scrollIntoViewIfNeeded();
    await assertAccessible(page, '#stream-algo-diagram');
    await picture('schedule');
    await page.fill('#node-input-frameCount', 'x');
    await page.waitForSelector(svg, { state: 'detached' });
  });

  it('a recorder shows what its files will be called, for its stream and now', async () => {
    await openForm(page, 'recorder');
    await page.fill('#node-input-path', 'days/{date}/{stream}-{epoch}');
    assert.match((await page.textContent('#stream-recorder-example')) ?? '', /days\/\d{4}-\d\d-\d\d\/beach-0\.mp4/);
    await page.fill('#node-input-path', 'days/{day}.mp4');
    await page.waitForSelector('#node-input-path-wrong:visible');
    await assertAccessible(page, '#stream-recorder-form');
    await picture('recorder');
  });

  it('what is wrong with a field stands below it as it is typed, and goes', async () => {
    await openForm(page, 'algo');
    await page.fill('#node-input-interval', 'soon');
    await page.waitForSelector('#node-input-interval-wrong:visible');
    assert.match((await page.textContent('#node-input-interval-wrong')) ?? '', /Interval: expected a number from 0/);
    assert.deepEqual([await page.getAttribute('#node-input-interval', 'aria-invalid'), await page.getAttribute('#node-input-interval', 'aria-describedby')], ['true', 'node-input-interval-wrong']);
    await picture('wrong');
    await page.fill('#node-input-interval', '${SECONDS}');
    await page.waitForSelector('#node-input-interval-wrong', { state: 'hidden' });
    assert.equal(await page.getAttribute('#node-input-interval', 'aria-invalid'), null);
  });

  describe('a model comes from this computer', () => {
    const at = '#stream-algo-uploading';
    const OTHER = dataPath('models/face/yunet_n_320_320.onnx');
    const says = (pattern: RegExp): Promise<unknown> => page.waitForFunction(`${String(pattern)}.test($("${at}").text())`);
    const recognised = (family: string): Promise<unknown> => page.waitForFunction(`/^Recognised as ${family}/.test($("#stream-algo-model-look").text())`);
    const names = (): string[] => readdirSync(join(nodeRed.userDir, 'models'));

    async function choose(name: string, buffer: Buffer): Promise<void> {
      const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('#stream-algo-upload')]);
      await chooser.setFiles({ name, mimeType: 'application/octet-stream', buffer });
    }

    before(function () {
      if (!hasData) this.skip();
    });
    beforeEach(async () => {
      await openForm(page, 'algo');
      await page.selectOption('#node-input-kind', 'onnx');
    });

    it('it is sent, chosen and recognised', async () => {
      await choose('mine.onnx', readFileSync(MODEL));
      await says(/^Saved as models\/mine\.onnx\.$/);
      assert.equal(await page.inputValue('#node-input-model'), 'models/mine.onnx');
      await recognised('nanodet');
      assert.ok(readFileSync(join(nodeRed.userDir, 'models/mine.onnx')).equals(readFileSync(MODEL)));
      await picture('upload');
    });

    it('one that is there already is replaced by who says so, and looked at again', async () => {
      const sent: string[] = [];
      page.on('request', (request) => { if (request.method() === 'POST') sent.push(request.url()); });
      await page.fill('#node-input-model', 'models/mine.onnx');
      await page.locator('#node-input-model').blur();
      await recognised('nanodet');
      await choose('mine.onnx', readFileSync(OTHER));
      await says(/^mine\.onnx is there already\./);
      await assertAccessible(page, '#stream-algo-form');
      await picture('replace');
      await page.click(`${at} button:has-text("Cancel")`);
      await says(/^$/);
      assert.deepEqual(sent.filter((url) => url.includes('/models')), [], 'it is not sent before');
      await choose('mine.onnx', readFileSync(OTHER));
      await page.click(`${at} button:has-text("Replace it")`);
      await recognised('yunet');
    });

    it('a file of class names goes into their field', async () => {
      await choose('cars.txt', Buffer.from('car\ntruck\n'));
      await says(/^Saved as models\/cars\.txt\.$/);
      assert.deepEqual([await page.inputValue('#node-input-classNames'), await page.inputValue('#node-input-model')], ['models/cars.txt', '']);
    });

    it('shows how far it is; a cancelled one, and one whose form is closed, leaves nothing', async () => {
      const isPart = (name: string): boolean => name.endsWith('.part');
      const until = async (isSo: () => boolean): Promise<void> => {
        while (!isSo()) await new Promise((done) => { setTimeout(done, 20); });
      };
      const line = await page.context().newCDPSession(page);
      await line.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 500_000 });
      const begin = async (): Promise<void> => {
        await choose('slow.onnx', Buffer.alloc(30_000_000));
        await page.waitForFunction(`$("${at} progress").val() > 0`);
        await until(() => names().some(isPart));
      };
      await begin();
      await assertAccessible(page, '#stream-algo-form');
      await picture('uploading');
      await page.click(`${at} button:has-text("Cancel")`);
      await says(/^$/);
      assert.equal(await page.evaluate('document.activeElement.id'), 'stream-algo-upload');
      await until(() => !names().some(isPart));
      await begin();
      await closeForm(page, 'cancel');
      await until(() => !names().some(isPart));
      assert.deepEqual(names().filter((name) => name.includes('slow')), []);
      await line.detach();
    });

    it('says what is wrong with it', async () => {
      await choose('a.exe', Buffer.alloc(10));
      await says(/name: expected the plain name of a file that ends with \.onnx/);
      await choose('big.txt', Buffer.alloc(9 * 2 ** 20));
      await says(/^big\.txt has 9\.4 MB, at most 8\.4 MB are taken\.$/);
    });
  });

  describe('an algo tells what its model is', () => {
    const look = '#stream-algo-model-look';
    const saysLook = (pattern: RegExp): Promise<unknown> => page.waitForFunction(`${String(pattern)}.test($("${look}").text())`);

    it('one of the catalogue, and another as it is chosen', async function () {
      await openForm(page, 'detector');
      await saysLook(/^Recognised as yolox \(object-detection\) · input 416×416 · 80 classes$/);
      if (!hasData) this.skip();
      await page.fill('#node-input-model', dataPath('models/variants/yolox_nano_yolov8fmt.onnx'));
      await page.locator('#node-input-model').blur();
      await saysLook(/^Recognised as yolov8 \(object-detection\) · input 416×416 · 80 classes · licence: Apache-2\.0/);
      await picture('model');
      await page.fill('#node-input-model', dataPath('models/graph/nms-yolov8.onnx'));
      await page.locator('#node-input-model').blur();
      await saysLook(/^Not recognised: .*no family/);
    });

    it('what is wrong with it, and nothing of what is no model', async () => {
      await openForm(page, 'detector');
      await page.fill('#node-input-model', 'none.onnx');
      await page.locator('#node-input-model').blur();
      await saysLook(/no model at .*none\.onnx/);
      await page.selectOption('#node-input-kind', 'remote');
      await saysLook(/^$/);
      await page.selectOption('#node-input-kind', 'onnx');
      await saysLook(/no model at/);
      await page.fill('#node-input-model', '${MODEL}');
      await page.locator('#node-input-model').blur();
      await saysLook(/^$/);
    });
  });

  describe('labels are chosen', () => {
    const rows = '.stream-infer-list label';

    it('out of those that the model has, by a search, beside those that are typed', async () => {
      await openForm(page, 'detector');
      await page.waitForSelector('text=The model has no such class: persn');
      await page.click('#stream-algo-labels');
      assert.equal(await page.getAttribute('#stream-algo-labels', 'aria-expanded'), 'true');
      assert.equal(await page.locator(rows).count(), 80);
      assert.equal(await page.isChecked(`${rows}:has-text("person") input`), true);
      await page.keyboard.type('tr');
      assert.deepEqual(await page.locator(rows).allTextContents(), ['train', 'truck', 'traffic light']);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Space');
      assert.equal(await page.inputValue('#node-input-labels'), 'person, persn, train');
      await assertAccessible(page, '#stream-algo-form');
      await picture('labels');
      await page.fill('#node-input-labels', 'Truck');
      assert.equal(await page.isChecked(`${rows}:has-text("truck") input`), true);
      assert.equal(await page.isChecked(`${rows}:has-text("train") input`), false);
      assert.equal(await page.locator('text=The model has no such class').isVisible(), false);
      await page.uncheck(`${rows}:has-text("truck") input`);
      assert.equal(await page.inputValue('#node-input-labels'), '');
    });

    it('by number where a comma is in a name; hostile names are texts', async () => {
      await openForm(page, 'detector');
      await page.route('**/stream-infer/look-at-model', (route) => route.fulfill({ json: { family: 'x', labels: ['<img src=x onerror="window.hacked=1">', 'tench, Tinca tinca', ...Array.from({ length: 500 }, (_, i) => `thing ${i}`)] } }));
      await page.fill('#node-input-model', 'many.onnx');
      await page.locator('#node-input-model').blur();
      await page.waitForSelector('text=The model has no such class: person, persn');
      await page.fill('#node-input-labels', '');
      await page.click('#stream-algo-labels');
      assert.equal(await page.locator(rows).count(), 200);
      assert.match((await page.textContent('.stream-infer-list:visible')) ?? '', /and 302 more/);
      await page.check(`${rows}:has-text("tench") input`);
      assert.equal(await page.inputValue('#node-input-labels'), '1');
      assert.equal(await page.locator(`${rows} img`).count(), 0);
      assert.equal(await page.evaluate('window.hacked'), undefined);
      await page.unroute('**/stream-infer/look-at-model');
    });
  });
});
