import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import type { Browser, BrowserContext, Page } from 'playwright-core';

import { httpsSettings } from '../support/certificate.js';
import { hasBrowser, openBrowser, openEditor, openForm } from '../support/editor.js';
import { BEACH, CENTERNET } from '../support/flows.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';
import { startOnvifCamera } from '../support/servers/onvif.js';
import { startRtspServer } from '../support/servers/index.js';

const AXE = readFileSync(createRequire(__filename).resolve('axe-core/axe.min.js'), 'utf8');

/** Relative to the user directory. */
const CLIP = 'videos/beach.mp4';
const FLOWS = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'source', type: 'stream-source', z: 'tab1', x: 120, y: 100, name: 'beach', wires: [['producer']], version: 1, location: CLIP, loop: true, start: 'message', engine: '' },
  { id: 'producer', type: 'stream-producer', z: 'tab1', x: 320, y: 100, wires: [['algo']], version: 1, width: '320', fps: '10' },
  { id: 'algo', type: 'stream-algo', z: 'tab1', x: 520, y: 100, name: 'moves', wires: [[]], version: 2, kind: 'motion', frameCount: 1, interval: '0.5' },
];

describe('the studio', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let pictures: string;
  const complaints: string[] = [];

  before(async function () {
    if (!hasBrowser) this.skip();
    pictures = await mkdtemp(join(tmpdir(), 'stream-infer-studio-'));
    nodeRed = await startNodeRed({ flows: FLOWS, settings: { httpAdminRoot: '/admin' } });
    await mkdir(join(nodeRed.userDir, 'videos'));
    await copyFile(BEACH, join(nodeRed.userDir, CLIP));
    await symlink(BEACH, join(nodeRed.userDir, 'videos/out.mp4'));
    browser = await openBrowser();
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (nodeRed as NodeRed | undefined)?.stop();
  });

  async function open(options: { query?: string; locale?: string; width?: number } = {}): Promise<void> {
    context = await browser.newContext({ locale: options.locale ?? 'en-US', viewport: { width: options.width ?? 1280, height: 900 } });
    page = await context.newPage();
    page.setDefaultTimeout(30_000);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    await page.goto(`${nodeRed.url}/admin/stream-infer/studio${options.query ?? ''}`);
    await page.waitForSelector('.st-start');
  }

  afterEach(async () => {
    await context.close();
    // the browser tells each answer that is an error; the page tells it too
    assert.deepEqual(complaints.splice(0).filter((text) => !text.startsWith('Failed to load resource')), []);
  });

  const shot = (name: string): Promise<unknown> => page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true });
  const field = (name: string, at = 0): ReturnType<Page['locator']> => page.getByLabel(name, { exact: true }).nth(at);
  const start = (): Promise<void> => page.click('.st-start');
  const streams = async (): Promise<readonly { id: string; state: string; sourceId?: string }[]> =>
    ((await (await fetch(`${nodeRed.url}/admin/stream-infer/streams`)).json()) as { streams: { id: string; state: string }[] }).streams;

  /** Asks the page until it is so; its policy forbids what `waitForFunction` does. */
  async function until(isSo: string): Promise<void> {
    for (let asked = 0; !(await page.evaluate<boolean>(isSo)); asked += 1) {
      if (asked > 600) throw new Error(`it is not so: ${isSo}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  async function untilNoGuests(): Promise<void> {
    while ((await streams()).some(({ sourceId }) => sourceId === undefined)) await new Promise((done) => setTimeout(done, 100));
  }

  async function assertAccessible(): Promise<void> {
    await page.evaluate(AXE);
    const found = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>('axe.run(document)');
    assert.deepEqual(found.violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html.slice(0, 120))]), []);
  }

  it('the test pattern plays at once: picture, results in a table and as JSON, timeline', async () => {
    await open();
    await field('Width').fill('320');
    await field('Interval (s)').fill('0.2');
    await start();
    await page.waitForSelector('.si-picture img');
    await until('document.querySelectorAll(".st-results tbody tr").length > 5');
    assert.match(await page.locator('.st-results pre').innerText(), /"box"/);
    await page.locator('.st-results tbody tr .si-link').nth(3).click();
    assert.match(await page.locator('.st-results .st-note').innerText(), /^Result at \d/);
    await shot('plays');
    await assertAccessible();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await until('document.querySelectorAll(".st-chart canvas").length === 2');
    assert.match(await page.locator('.st-chart figcaption').nth(1).innerText(), /motion: [\d.]+…[\d.]+, last/);
    await shot('timeline');
    await assertAccessible();
    for (const what of ['Picture', 'Data']) await field(what).uncheck();
    assert.deepEqual([await page.locator('.si-picture').count(), await page.locator('.st-tabs').count()], [0, 0]);
  });

  it('when the page goes, its stream goes', async () => {
    await open();
    await start();
    await page.waitForSelector('.si-picture img');
    assert.equal((await streams()).filter(({ sourceId }) => sourceId === undefined).length, 1);
    await page.goto('about:blank');
    await untilNoGuests();
  });

  it('a file of a node: pause, one frame, scrub, stop', async () => {
    await open({ query: '?node=source' });
    assert.equal(await field('Location').inputValue(), CLIP);
    await start();
    await page.getByRole('button', { name: 'Pause' }).click();
    const step = page.getByRole('button', { name: 'One frame' });
    await step.waitFor();
    const src = (): Promise<string | null> => page.locator('.si-picture img').getAttribute('src');
    const before = await src();
    await step.click();
    await until(`document.querySelector('.si-picture img').src !== ${JSON.stringify(before)}`);
    await page.locator('input[type=range]').fill('6');
    await until('parseFloat(document.querySelector("input[type=range]").value) >= 6');
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Start' }).waitFor();
  });

  it('two variants on the same frames, side by side', async () => {
    await open({ query: '?node=algo' });
    await page.getByRole('button', { name: 'Add a variant to compare' }).click();
    await field('Threshold', 1).fill('200');
    await start();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await until('document.querySelectorAll(".st-scroll tbody tr").length > 3 && document.querySelectorAll(".st-sides img").length === 2');
    assert.match(await page.locator('.st-tabs').innerText(), /As many things found on \d+ of \d+ frames/);
    assert.ok(await page.locator('.st-differs').count() > 0);
    await shot('compare');
    await assertAccessible();
    await field('Threshold', 1).fill('25');
    await page.getByRole('button', { name: 'Apply and start anew' }).click();
    await until('document.querySelectorAll(".st-scroll tbody tr").length > 3 && document.querySelectorAll(".st-differs").length === 0');
  });

  it('two models side by side, as in the pictures of the README', async () => {
    await open({ query: '?node=algo' });
    await field('Kind').selectOption('onnx');
    await field('Model').fill(CENTERNET);
    await field('Name').fill('objects');
    await field('Labels').fill('person');
    await page.getByRole('button', { name: 'Add a variant to compare' }).click();
    await field('Score', 1).fill('0.45');
    await start();
    await page.getByRole('tab', { name: 'Compare' }).click();
    await until('document.querySelectorAll(".st-scroll tbody tr").length > 2 && document.querySelectorAll(".st-sides img").length === 2');
    await page.getByLabel('Picture').uncheck();
    await page.setViewportSize({ width: 1280, height: 760 });
    await page.screenshot({ path: process.env['UPDATE_SCREENSHOTS'] === '1' ? resolve(__dirname, '../../docs/images/studio.png') : join(pictures, 'models.png') });
  });

  it('a model, offline to the end of the file: all its runs, no more', async () => {
    await open({ query: '?node=algo' });
    await field('Kind').selectOption('onnx');
    await field('Model').fill(CENTERNET);
    await field('Name').fill('objects');
    await field('Labels').fill('person');
    await field('Interval (s)').fill('2');
    await field('Mode').selectOption('offline');
    await field('Loop').uncheck();
    await start();
    await page.locator('.si-state', { hasText: 'finished' }).waitFor();
    await until('document.querySelectorAll(".st-results tbody tr").length === 6');
    for (const text of await page.locator('.st-results tbody tr td:nth-child(3)').allInnerTexts()) assert.match(text, /^\d?\s?person$/);
    await shot('model');
    assert.deepEqual([await page.locator('.si-algos td').first().innerText(), await page.locator('progress').getAttribute('value')], ['6', '100']);
  });

  it('what is wrong is said beside what to do', async () => {
    await open();
    await field('Location').fill('/etc/passwd');
    await page.keyboard.press('Enter');
    const trouble = page.locator('.si-trouble');
    await trouble.waitFor();
    assert.match(await trouble.innerText(), /may not be played in the studio.*Locations by message/s);
    await field('Location').fill('test:');
    await field('Frame count').fill('many');
    await start();
    await until('/frameCount/.test(document.querySelector(".si-trouble").innerText)');
    await assertAccessible();
  });

  it('files of the allowed folders are chosen', async () => {
    await open();
    await page.getByRole('button', { name: 'Files …' }).click();
    await page.locator('.st-files li button').first().click();
    await page.locator('.st-files li button', { hasText: 'videos' }).click();
    const file = page.locator('.st-files li button', { hasText: 'beach.mp4' });
    await file.waitFor();
    assert.equal(await page.locator('.st-files li').count(), 2);
    await file.click();
    assert.match(await field('Location').inputValue(), /\/videos\/beach\.mp4$/);
    await shot('files');
    await assertAccessible();
  });

  it('export: flow, job, code', async () => {
    await open();
    await page.getByRole('button', { name: 'Export' }).click();
    await page.waitForSelector('.st-dialog pre');
    await shot('export');
    await assertAccessible();
    const flow = JSON.parse(await page.locator('.st-dialog pre').innerText()) as { type: string }[];
    assert.deepEqual(flow.map(({ type }) => type), ['stream-source', 'stream-producer', 'stream-algo', 'stream-dispatcher', 'debug']);
    await page.keyboard.press('Tab');
    await page.getByRole('tab', { name: 'Flow' }).focus();
    await page.keyboard.press('ArrowRight');
    const job = JSON.parse(await page.locator('.st-dialog pre').innerText()) as { source: unknown };
    assert.deepEqual(job.source, { location: 'test:', retryOpen: true });
    await page.keyboard.press('End');
    assert.match(await page.locator('.st-dialog pre').innerText(), /runJob\(/);
    await page.keyboard.press('Escape');
    await page.waitForSelector('.st-dialog', { state: 'detached' });
  });

  it('opened from a stream in the sidebar it hands settings back to the nodes: one step to undo, not deployed', async () => {
    const editor = await openEditor(browser, { url: `${nodeRed.url}/admin` });
    await editor.evaluate('RED.sidebar.show("stream-infer")');
    await editor.screenshot({ path: join(pictures, 'sidebar.png') });
    const opened = editor.context().waitForEvent('page');
    await editor.locator('[data-stream="source:producer"]').getByRole('button', { name: 'Try in the studio' }).click();
    context = editor.context();
    page = await opened;
    await field('Interval (s)').fill('0.2');
    await field('Width').fill('480');
    await field('Location').focus();
    await page.getByRole('button', { name: 'Use these settings' }).click();
    await page.getByText('2 nodes changed in the editor: deploy there.').waitFor();
    const read = (): Promise<unknown> => editor.evaluate('[RED.nodes.node("algo").interval, RED.nodes.node("producer").width, RED.nodes.node("algo").changed === true, RED.nodes.node("source").changed === true, RED.nodes.dirty()]');
    assert.deepEqual(await read(), ['0.2', '480', true, false, true]);
    await editor.evaluate('RED.history.pop()');
    assert.deepEqual(await read(), ['0.5', '320', false, false, false]);
    await page.close();
    await editor.evaluate('RED.view.select({ nodes: [RED.nodes.node("algo")] })');
    const again = editor.context().waitForEvent('page');
    await editor.evaluate('RED.actions.invoke("stream-infer:open-studio")');
    page = await again;
    await page.waitForSelector('.st-start');
    assert.equal(await field('Location').inputValue(), CLIP);
    await page.close();
    await openForm(editor, 'producer');
    const fromForm = editor.context().waitForEvent('page');
    await editor.getByRole('button', { name: 'Try in the studio (as deployed)' }).click();
    page = await fromForm;
    await page.waitForSelector('.st-start');
    assert.equal(await field('Width').inputValue(), '320');
  });

  it('a camera of the network is found, asked with its password, played, and handed to the node', async () => {
    const auth = { username: 'viewer', password: 'p@ss:w/rd' };
    const video = await startRtspServer({ auth });
    const camera = await startOnvifCamera({
      name: 'Front door', hardware: 'SX-10', auth,
      profiles: [{ token: 'main', name: 'Main', uri: video.testUrl, size: [320, 240], fps: 15 }],
    });
    try {
      const editor = await openEditor(browser, { url: `${nodeRed.url}/admin` });
      context = editor.context();
      const opened = context.waitForEvent('page');
      await editor.evaluate('RED.actions.invoke("stream-infer:open-studio", "source")');
      page = await opened;
      await page.getByRole('button', { name: 'Cameras …' }).click();
      await page.getByRole('button', { name: /Front door SX-10/ }).click();
      await page.getByText(/user or password is refused/).waitFor();
      await shot('camera-refused');
      await assertAccessible();
      await field('User').fill(auth.username);
      await field('Password').fill(auth.password);
      await page.getByRole('button', { name: 'Show its streams' }).click();
      await page.getByRole('button', { name: /Main H264, 320×240, 15 fps/ }).click();
      assert.equal(await field('Location').inputValue(), video.testUrl);
      await start();
      await page.waitForSelector('.si-picture img');
      await shot('camera');
      await assertAccessible();
      await page.getByRole('button', { name: 'Use these settings' }).click();
      await page.getByText('1 nodes changed in the editor').or(page.getByText('1 node changed in the editor')).waitFor();
      await page.getByRole('button', { name: 'Export' }).click();
      assert.doesNotMatch(await page.locator('.st-dialog').innerText(), /p@ss/);
      await editor.evaluate('new Promise((done) => { RED.events.once ? RED.events.once("deploy", done) : RED.events.on("deploy", done); RED.actions.invoke("core:deploy-flows"); })');
      const kept = await (await fetch(`${nodeRed.url}/admin/credentials/stream-source/source`)).json();
      assert.deepEqual(kept, { username: auth.username, has_password: true });
      const flows = await (await fetch(`${nodeRed.url}/admin/flows`)).text();
      assert.match(flows, new RegExp(video.testUrl));
      assert.doesNotMatch(flows, /p@ss/);
    } finally {
      await camera.stop();
      await video.stop();
      await fetch(`${nodeRed.url}/admin/flows`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(FLOWS) });
    }
  });

  it('of a node that is not deployed it says so, and begins with the test pattern', async () => {
    await open({ query: '?node=none' });
    assert.match(await page.locator('.si-trouble').innerText(), /deploy it first/);
    assert.equal(await field('Location').inputValue(), 'test:');
  });

  it('a deploy ends the stream, and the page says so; it is started again', async () => {
    await open();
    await start();
    await page.waitForSelector('.si-picture img');
    await fetch(`${nodeRed.url}/admin/flows`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(FLOWS) });
    await page.getByText('The stream was ended').waitFor();
    await start();
    await page.waitForSelector('.si-picture img');
    assert.equal(await page.getByText('The stream was ended').count(), 0);
  });

  it('in the dark it can be read, too', async () => {
    await open();
    await page.emulateMedia({ colorScheme: 'dark' });
    await field('Interval (s)').fill('0.2');
    await start();
    await until('document.querySelectorAll(".st-results tbody tr").length > 2');
    await shot('dark');
    await assertAccessible();
    await page.getByRole('tab', { name: 'Timeline' }).click();
    await assertAccessible();
  });

  it('at 400 pixels nothing is wider than the page; in Chinese all is Chinese', async () => {
    await open({ width: 400, locale: 'zh-CN' });
    await start();
    await until('document.querySelectorAll(".st-results tbody tr").length > 2');
    assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 400);
    assert.equal(await page.title(), 'Stream Infer 工作室');
    assert.doesNotMatch(await page.locator('.st-settings').innerText(), /studio\.|Location|Width|Interval/);
    await shot('narrow-zh');
    await assertAccessible();
  });

  it('by https: who is logged in to the editor need not log in again; who is not learns nothing', async () => {
    const hash = (createRequire(createRequire(__filename).resolve('node-red'))('bcryptjs') as { hashSync(text: string, rounds: number): string }).hashSync('secret', 4);
    const flows = FLOWS.map((node) => (node.id === 'source' ? { ...node, location: BEACH } : node));
    const locked = await startNodeRed({ flows, settings: { ...httpsSettings(), httpAdminRoot: '/admin', adminAuth: { type: 'credentials', users: [{ username: 'me', password: hash, permissions: '*' }] } } });
    try {
      const stranger = await browser.newPage({ ignoreHTTPSErrors: true });
      await stranger.goto(`${locked.url}/admin/stream-infer/studio/?node=source`);
      await stranger.locator('.si-trouble').waitFor();
      assert.match(await stranger.locator('.si-trouble').innerText(), /stream-infer.write/);
      assert.equal(await stranger.locator('.st-start').count(), 0);
      await stranger.close();
      context = await browser.newContext({ ignoreHTTPSErrors: true });
      page = await context.newPage();
      page.setDefaultTimeout(30_000);
      await page.goto(`${locked.url}/admin/`);
      await page.fill('#node-dialog-login-username', 'me');
      await page.fill('#node-dialog-login-password', 'secret');
      await page.click('#node-dialog-login-submit');
      await page.waitForSelector('#red-ui-header-button-sidemenu');
      await page.goto(`${locked.url}/admin/stream-infer/studio/?node=source`);
      await start();
      await page.waitForSelector('.si-picture img');
    } finally {
      await locked.stop();
    }
  });
});
