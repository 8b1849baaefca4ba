import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Browser, Locator, Page } from 'playwright-core';

import { deploy, fillForm, hasBrowser, idOf, importExample, openBrowser, openEditor } from '../support/editor.js';
import { BEACH, CENTERNET, withFields, type FlowNode } from '../support/flows.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';

const ROOT = resolve(__dirname, '../..');
const EXAMPLE = '01 Detect in a file and record';

describe('an example in the browser', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed | undefined;
  let browser: Browser;

  before(async function () {
    if (!hasBrowser) this.skip();
    browser = await openBrowser();
  });

  afterEach(async () => {
    await nodeRed?.stop();
    nodeRed = undefined;
  });

  after(() => (browser as Browser | undefined)?.close());

  it('comes from the Import menu, gets a file and a model by its forms, is deployed, and shows what it finds', async () => {
    nodeRed = await startNodeRed();
    const page = await openEditor(browser, { url: nodeRed.url });
    await importExample(page, { module: '@stream-infer/node-red', name: EXAMPLE });
    await page.click(`.red-ui-tab-label:has-text(${JSON.stringify(EXAMPLE.slice('01 '.length))})`);
    await fillForm(page, 'stream-source', { location: BEACH });
    await fillForm(page, 'stream-algo', { model: CENTERNET });
    await deploy(page);
    await showDebug(page);
    await (await nodeOf(page, 'inject')).locator('.red-ui-flow-node-button-button').click();

    await untilBadge(page, 'stream-algo', /person · \d+ ms/);
    await page.waitForSelector('.red-ui-debug-msg .red-ui-debug-msg-payload');
    await page.waitForFunction('$(".red-ui-debug-msg").text().includes("ended")');
    const found = page.locator('.red-ui-debug-msg').filter({ hasText: 'what is found' }).first();
    assert.match((await found.textContent()) ?? '', /array\[\d+\]/);
    await untilBadge(page, 'stream-source', /ended/);
    await untilBadge(page, 'stream-dispatcher', /80 results|ended/);
    await untilBadge(page, 'stream-recorder', /saved video-/);
    assert.deepEqual(await page.evaluate('RED.nodes.filterNodes({}).filter((node) => !node.valid).map((node) => node.name)'), []);
    await page.context().close();
  });

  it('pictures of the docs are made anew', async function () {
    if (process.env['UPDATE_SCREENSHOTS'] !== '1') this.skip();
    const demo = JSON.parse(readFileSync(resolve(ROOT, 'scripts/demo/flow.json'), 'utf8')) as FlowNode[];
    const flows = withFields(demo, { beach: { location: BEACH, mode: 'realtime', loop: true } });
    nodeRed = await startNodeRed({ flows, settings: { paletteCategories: ['stream_infer', 'common', 'function'] } });
    const page = await openEditor(browser, { url: nodeRed.url });
    await page.setViewportSize({ width: 1940, height: 620 });
    await showDebug(page);
    await page.waitForFunction('$(".red-ui-debug-msg").length > 25');
    await page.evaluate('$(".red-ui-notification").remove()');
    mkdirSync(resolve(ROOT, 'docs/images'), { recursive: true });
    await page.screenshot({ path: resolve(ROOT, 'docs/images/editor.png') });
    await page.setViewportSize({ width: 1500, height: 760 });
    await page.evaluate('RED.actions.invoke("stream-infer:show-streams")');
    await (await nodeOf(page, 'stream-algo')).locator('.si-eye').dispatchEvent('click');
    await page.waitForSelector('.si-preview image[href]');
    await page.waitForFunction('/person/.test($(".si-last").text()) && /CPU/.test($(".si-engines").text())');
    await page.screenshot({ path: resolve(ROOT, 'docs/images/streams.png') });
    await page.context().close();
  });
});

/** It as it is drawn. */
async function nodeOf(page: Page, type: string): Promise<Locator> {
  return page.locator(`[id="${await idOf(page, type)}"]`);
}

async function showDebug(page: Page): Promise<void> {
  await page.evaluate('RED.actions.invoke("core:show-debug-tab")');
}

/** Waits for a text under a node. */
async function untilBadge(page: Page, type: string, text: RegExp): Promise<void> {
  await (await nodeOf(page, type)).locator('.red-ui-flow-node-status-label').filter({ hasText: text }).waitFor();
}
