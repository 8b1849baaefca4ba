import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { hasDashboard, linkDashboard } from '../support/dashboard.js';
import { closeForm, deploy, fillForm, hasBrowser, importExample, openBrowser, openEditor } from '../support/editor.js';
import { BEACH, CENTERNET } from '../support/flows.js';
import { endPictures, picturesFolder } from '../support/pictures.js';
import { linkedUserDir, startNodeRed, type NodeRed } from '../support/node-red.js';

const TOKEN = 'open sesame!';
/** Where flows and the dashboard are: not at the root. */
const ROOT = '/home';

/** Whether the chart has a line. */
const IS_DRAWN = `(() => {
  const canvas = document.querySelector('.nrdb-ui-chart canvas');
  // below the legend, the colour of the first series
  const { data } = canvas.getContext('2d').getImageData(0, canvas.height * 0.4, canvas.width, canvas.height * 0.6);
  let count = 0;
  for (let at = 0; at < data.length; at += 4) if (data[at] === 0x00 && data[at + 1] === 0x95 && data[at + 2] === 0xff) count += 1;
  return count > 100;
})()`;

describe('the example Dashboard in FlowFuse Dashboard 2', function () {
  this.timeout(120_000);
  // each step needs the one before
  this.bail(true);
  let userDir: string | undefined;
  let nodeRed: NodeRed;
  let browser: Browser;
  let editor: Page;
  let board: Page;
  const pictures = picturesFolder('dashboard');

  before(async function () {
    // `sh scripts/test-dashboard.sh` installs it
    if (!hasBrowser || !hasDashboard) this.skip();
    userDir = await linkedUserDir();
    await linkDashboard(userDir);
    nodeRed = await startNodeRed({ userDir, settings: { httpNodeRoot: ROOT } });
    browser = await openBrowser();
    editor = await openEditor(browser, { url: nodeRed.url });
    await editor.setViewportSize({ width: 2100, height: 800 });
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (nodeRed as NodeRed | undefined)?.stop();
    if (userDir !== undefined) await rm(userDir, { recursive: true, force: true, maxRetries: 3 });
    endPictures(pictures);
  });

  it('without a token the page says what is missing', async () => {
    await importExample(editor, { module: '@stream-infer/node-red', name: '13 Dashboard' });
    await editor.click('.red-ui-tab-label:has-text("Dashboard")');
    await fillForm(editor, 'stream-source', { location: BEACH });
    await fillForm(editor, 'stream-algo', { model: CENTERNET });
    assert.deepEqual(await editor.evaluate('RED.nodes.filterNodes({}).filter((node) => !node.valid).map((node) => node.name)'), []);
    await deploy(editor);
    board = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    board.setDefaultTimeout(60_000);
    await board.goto(`${nodeRed.url}${ROOT}/dashboard`);
    const problem = board.locator('.live-problem', { hasText: 'LIVE_TOKEN is not set' });
    await problem.waitFor();
    assert.match((await problem.textContent()) ?? '', /liveToken: .*token of at least 8 characters/);
  });

  it('with one, typed once, the picture comes to the page that is open, and moves', async () => {
    await setVariables(editor, { LIVE_TOKEN: TOKEN, NODE_RED_URL: nodeRed.url + ROOT });
    await deploy(editor);
    const first = await pixels(board);
    while (await pixels(board) === first) await board.waitForTimeout(50);
    assert.deepEqual(await board.evaluate('[document.querySelector(".live-picture").naturalWidth, document.querySelector(".live-picture").naturalHeight]'), [640, 360]);
  });

  it('persons are counted', async () => {
    const count = board.locator('.counts div').filter({ has: board.locator('dt', { hasText: /^person$/ }) }).locator('b');
    await count.first().filter({ hasText: /^[1-9]/ }).waitFor();
    await count.nth(1).filter({ hasText: /^[1-9]/ }).waitFor();
  });

  it('and drawn over time', async () => {
    await board.waitForFunction(IS_DRAWN);
  });

  it('that one came is an event, with what was seen then', async () => {
    const event = board.locator('.events li').first();
    await event.waitFor();
    assert.match((await event.textContent()) ?? '', /person\s+street\s+\d/);
    assert.deepEqual(await event.locator('img').evaluate((picture: { naturalWidth: number; naturalHeight: number }) => [picture.naturalWidth, picture.naturalHeight]), [320, 180]);
    assert.match((await event.locator('img').getAttribute('src')) ?? '', /^data:image\/jpeg;base64,/);
  });

  it('a page that is opened later has all of it at once', async () => {
    await board.reload();
    await pixels(board);
    await board.locator('.counts dt').first().waitFor();
    await board.locator('.events img').first().waitFor();
    await board.waitForFunction(IS_DRAWN);
    await board.screenshot({ path: join(pictures, 'page.png'), fullPage: true });
    await editor.screenshot({ path: join(pictures, 'editor.png') });
  });

  it('the token is in no flow', () => {
    assert.doesNotMatch(readFileSync(join(userDir ?? '', 'flows.json'), 'utf8'), /sesame/);
    assert.doesNotMatch(nodeRed.logs.join('\n'), /sesame/);
  });
});

/** Types environment variables of the tab that is open into its form. */
async function setVariables(editor: Page, variables: Readonly<Record<string, string>>): Promise<void> {
  await editor.evaluate('RED.editor.editFlow(RED.nodes.workspace(RED.workspaces.active()))');
  await editor.click('.red-ui-tray a.red-ui-tab-link-button[href="#editor-tab-envProperties"]');
  const names = await editor.locator('.node-input-env-container-row .node-input-env-name').evaluateAll((inputs: { value: string }[]) => inputs.map(({ value }) => value));
  for (const [name, value] of Object.entries(variables)) {
    await editor.locator('.node-input-env-container-row .red-ui-typedInput-input').nth(names.indexOf(name)).fill(value);
  }
  await closeForm(editor, 'ok');
}

/** The live picture as it is now, small; waits for the first. */
async function pixels(board: Page): Promise<string> {
  await board.waitForFunction('document.querySelector(".live-picture")?.naturalWidth > 0');
  return board.evaluate<string>(`(() => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 64, height: 36 });
    canvas.getContext('2d').drawImage(document.querySelector('.live-picture'), 0, 0, 64, 36);
    return canvas.toDataURL();
  })()`);
}
