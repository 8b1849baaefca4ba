import assert from 'node:assert/strict';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { dataPath, hasData } from '../support/data.js';
import { catalog, LANGUAGES, type Language } from '../support/editor-html.js';
import { closeForm, hasBrowser, openBrowser, openEditor, openForm } from '../support/editor.js';
import { endPictures, picturesFolder } from '../support/pictures.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';

const MODEL = dataPath('models/det/nanodet_m_320.onnx');
/** As hostile as a file of class names may be: the first class is "person". */
const HOSTILE = '<img src=x onerror="window.hacked=1">,bicycle,car,motorcycle,airplane,bus';

/** A flow that plays nothing, its algo behind a producer and a link; and an algo that is in no stream. */
const FLOWS = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'source', type: 'stream-source', z: 'tab1', name: 'Street', x: 120, y: 100, wires: [['producer']], version: 1, location: dataPath('images/bus.jpg'), start: 'message', engine: '' },
  { id: 'producer', type: 'stream-producer', z: 'tab1', x: 320, y: 100, wires: [['out']], version: 1 },
  { id: 'out', type: 'link out', z: 'tab1', mode: 'link', links: ['in'], x: 420, y: 100, wires: [] },
  { id: 'in', type: 'link in', z: 'tab1', links: ['out'], x: 470, y: 100, wires: [['algo']] },
  { id: 'algo', type: 'stream-algo', z: 'tab1', x: 620, y: 100, wires: [[]], version: 1, kind: 'onnx', model: MODEL, classNames: HOSTILE },
  { id: 'lonely', type: 'stream-algo', z: 'tab1', x: 620, y: 200, wires: [[]], version: 1, kind: 'onnx', model: 'none.onnx' },
];

describe('testing a model from its form', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  const pictures = picturesFolder('model-test');

  before(async function () {
    if (!hasBrowser || !hasData) this.skip();
    nodeRed = await startNodeRed({ flows: FLOWS });
    browser = await openBrowser();
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (nodeRed as NodeRed | undefined)?.stop();
    endPictures(pictures);
  });

  const result = '#stream-algo-test-result';

  for (const language of LANGUAGES) {
    it(`in ${language}: by keyboard, on the source that is wired to it`, async () => {
      const page = await openEditor(browser, { url: nodeRed.url, locale: language });
      await openForm(page, 'algo');
      assert.match((await page.getAttribute('#stream-algo-test-location', 'placeholder')) ?? '', /Street/);
      assert.equal(await page.getAttribute(result, 'aria-live'), 'polite');
      await page.focus('#stream-algo-test-location');
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate('document.activeElement.id'), 'stream-algo-test');
      await page.keyboard.press('Enter');
      await page.waitForSelector(`${result} img`);
      await checkResult(page, language);
      await page.evaluate(`$("${result}").get(0).scrollIntoView({ block: 'center' })`);
      await page.screenshot({ path: join(pictures, `${language}.png`) });
      await closeForm(page, 'cancel');
      await page.context().close();
    });
  }

  async function checkResult(page: Page, language: Language): Promise<void> {
    const { complete, width, aspect } = await page.evaluate<{ complete: boolean; width: number; aspect: number }>(
      `(({ complete, naturalWidth, width, height }) => ({ complete, width: naturalWidth, aspect: width / height }))($("${result} img").get(0))`,
    );
    assert.deepEqual([complete, width, Math.round(aspect * 100)], [true, 480, 75]);
    const rows = await page.locator(`${result} tbody tr`).allTextContents();
    assert.ok(rows.length >= 3 && rows.some((row) => row.startsWith('bus')), rows.join('\n'));
    assert.ok(rows.some((row) => row.startsWith('<img src=x onerror=')), 'labels are shown as text');
    assert.equal(await page.locator(`${result} img`).count(), 1);
    assert.equal(await page.evaluate('window.hacked'), undefined);
    const text = (await page.textContent(result)) ?? '';
    assert.match(text, /nanodet/);
    assert.match(text, /320×320/);
    assert.doesNotMatch(text, /__/);
    assert.ok(text.includes((catalog('algo', language).get('test.found') ?? '').replace('__count__', String(rows.length))));
  }

  describe('says', () => {
    let page: Page;

    before(async () => {
      page = await openEditor(browser, { url: nodeRed.url });
      await openForm(page, 'lonely');
    });
    after(() => page.context().close());

    const saysAfterClick = async (pattern: RegExp): Promise<void> => {
      await page.click('#stream-algo-test');
      await page.waitForFunction(`${String(pattern)}.test($("${result}").text())`);
      assert.equal(await page.locator(`${result} .stream-infer-wrong`).count(), 1);
      assert.equal(await page.getAttribute('#stream-algo-test', 'aria-busy'), null);
    };

    it('that a picture is needed where no source is wired', async () => {
      await saysAfterClick(/No source is wired/);
      assert.equal(await page.evaluate('document.activeElement.id'), 'stream-algo-test-location');
    });

    it('what is wrong with the picture, and with the model', async () => {
      await page.fill('#stream-algo-test-location', 'test:');
      await saysAfterClick(/none\.onnx/);
      await page.fill('#node-input-model', MODEL);
      await page.fill('#stream-algo-test-location', '/none.jpg');
      await saysAfterClick(/none\.jpg/);
    });

    it('nothing where the model is elsewhere', async () => {
      await page.selectOption('#node-input-kind', 'remote');
      assert.equal(await page.locator('#stream-algo-test').isVisible(), false);
      await page.selectOption('#node-input-kind', 'onnx');
      assert.equal(await page.locator('#stream-algo-test').isVisible(), true);
    });

    it('nothing of what a form that was closed had asked for', async () => {
      await page.fill('#stream-algo-test-location', 'test:');
      await page.click('#stream-algo-test');
      const over = page.waitForEvent('requestfailed');
      await closeForm(page, 'cancel');
      assert.match((await over).url(), /test-model$/);
    });
  });
});
