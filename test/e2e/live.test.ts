import assert from 'node:assert/strict';

import type { Browser, Page, Request } from 'playwright-core';

import type { PicturesRequest, StreamsAnswer, StreamState } from '../../dist/plugins/live/contract.js';
import { httpsSettings } from '../support/certificate.js';
import { assertAccessible } from '../support/axe.js';
import { closeForm, hasBrowser, openBrowser, openForm } from '../support/editor.js';
import { BEACH } from '../support/flows.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';
import { withEditor } from '../support/with-editor.js';

const at = (x: number, y: number): object => ({ z: 'tab1', x, y });

/** One stream that plays from the start, one that fails, one that waits. */
const FLOWS = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'tab2', type: 'tab', label: 'Other' },
  { id: 'beach', type: 'stream-source', ...at(120, 80), name: 'beach', wires: [['frames']], version: 1, location: BEACH, start: 'deploy', loop: true, engine: '' },
  { id: 'frames', type: 'stream-producer', ...at(300, 80), wires: [['moves', 'keeps']], version: 1, width: '320', height: '' },
  { id: 'moves', type: 'stream-algo', ...at(500, 80), name: 'moves', wires: [['results']], version: 2, kind: 'motion', interval: 0.2, preview: true },
  { id: 'results', type: 'stream-dispatcher', ...at(700, 80), wires: [[], []], version: 1 },
  { id: 'keeps', type: 'stream-recorder', ...at(500, 300), name: 'keeps', wires: [[]], version: 1, start: 'message' },
  { id: 'lost', type: 'stream-source', ...at(120, 400), name: 'lost', wires: [['other']], version: 1, location: '/nowhere/clip.mp4', start: 'deploy', engine: '' },
  { id: 'other', type: 'stream-algo', ...at(300, 400), wires: [[]], version: 2, kind: 'motion' },
  { id: 'idle', type: 'stream-source', ...at(120, 500), name: 'idle', wires: [['last']], version: 1, location: 'test:', start: 'message', engine: '' },
  { id: 'last', type: 'stream-algo', ...at(300, 500), wires: [[]], version: 2, kind: 'motion' },
];
const CARD = '.si-card[data-stream="beach:frames"]';

describe('streams in the editor', function () {
  this.timeout(120_000);
  const editor = withEditor('live', FLOWS);
  let nodeRed: NodeRed;
  let page: Page;

  before(() => { ({ nodeRed, page } = editor); });

  const sidebar = (id: string): Promise<void> => page.evaluate(`RED.sidebar.show(${JSON.stringify(id)})`);
  const showFlow = (id: string): Promise<void> => page.evaluate(`RED.workspaces.show(${JSON.stringify(id)})`);

  /** As the server has it, once it is so. */
  async function untilState(state: StreamState): Promise<void> {
    for (;;) {
      const { streams } = (await (await nodeRed.admin('/stream-infer/streams')).json()) as StreamsAnswer;
      if (streams.find(({ id }) => id === 'beach:frames')?.state === state) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** The next request for pictures that asks for what `isWanted`. */
  const nextRequest = (isWanted: (wishes: PicturesRequest['wishes']) => boolean): Promise<Request> =>
    page.waitForRequest((request) => request.url().endsWith('stream-infer/pictures') && isWanted((request.postDataJSON() as PicturesRequest).wishes));

  /** Resolves when the element's picture is another than it was. */
  async function untilItMoves(selector: string, attribute: 'src' | 'href'): Promise<void> {
    const picture = page.locator(selector).first();
    await picture.waitFor({ state: 'attached' });
    const before = await picture.getAttribute(attribute);
    await page.waitForFunction(({ selector: where, attribute: name, before: old }) => {
      const now = (globalThis as unknown as { document: { querySelector(s: string): { getAttribute(n: string): string | null } | null } }).document.querySelector(where)?.getAttribute(name);
      return now?.startsWith('data:image/jpeg') === true && now !== old;
    }, { selector, attribute, before });
  }

  describe('the sidebar', () => {
    before(async () => {
      await page.evaluate('RED.actions.invoke("stream-infer:show-streams")');
      await page.waitForSelector(CARD);
    });

    it('shows a stream as it plays: picture, state, rate, place, what its algo does', async () => {
      await untilItMoves(`${CARD} .si-picture img`, 'src');
      assert.match((await page.textContent(`${CARD} header`)) ?? '', /beach.*playing/);
      await page.waitForFunction(`/\\d fps/.test($('${CARD} .si-figures').text()) && /\\d:\\d\\d \\/ \\d:\\d\\d/.test($('${CARD} .si-time').text())`);
      await page.waitForFunction(`Number($('${CARD} .si-algos tbody td').first().text()) > 0`);
      assert.match((await page.textContent(`${CARD} .si-algos tbody tr`)) ?? '', /^moves\d+\d* ?% · every 0\.2 s[\d.]+ \/ [\d.]+ ms$/);
      assert.equal(await page.textContent(`${CARD} .si-recorder`), 'keeps: not recording');
    });

    it('says what is wrong with another, and what to do', async () => {
      const trouble = await page.textContent('.si-card[data-stream^="lost"] .si-trouble');
      assert.match(trouble ?? '', /no such file or folder.*Check the path/s);
    });

    it('tells what the engine takes', async () => {
      await page.waitForFunction(`/default engine · streams: \\d+ · CPU \\d+ % of a core · \\d+ MiB/.test($('.si-engines').text())`);
    });

    it('pauses, steps frame by frame, goes on, stops and starts', async () => {
      const click = (name: string): Promise<void> => page.click(`${CARD} .si-buttons button:has-text("${name}")`);
      await click('Pause');
      await untilState('paused');
      await page.waitForSelector(`${CARD} .si-buttons button:has-text("One frame")`);
      const stepped = page.waitForResponse((response) => response.request().postData() === '{"action":"step"}');
      await click('One frame');
      assert.equal((await stepped).status(), 204);
      await click('Go on');
      await untilState('playing');
      await click('Stop');
      await untilState('idle');
      await click('Start');
      await untilState('playing');
      await page.waitForSelector(`${CARD} .si-buttons button:has-text("Pause")`);
    });

    it('a file is moved along by its bar', async () => {
      const bar = `${CARD} input[type=range]`;
      await page.waitForSelector(bar);
      const told = page.waitForRequest((request) => request.method() === 'POST' && request.url().includes('stream-infer/streams/'));
      await page.locator(bar).evaluate((element: { value: string; dispatchEvent(event: unknown): void }) => {
        element.value = '1';
        element.dispatchEvent(new Event('change', { bubbles: true }));
      });
      assert.deepEqual((await told).postDataJSON(), { action: 'seek', position: 1 });
      assert.equal((await (await told).response())?.status(), 204);
    });

    it('a request that is refused is told where it was made', async () => {
      await page.route('**/stream-infer/streams/*', (route) => route.fulfill({ status: 403, json: { code: 'HTTP_403', message: 'Forbidden' } }));
      await page.click(`${CARD} .si-buttons button:has-text("Pause")`);
      assert.match((await page.textContent(`${CARD} .si-controls .si-trouble`)) ?? '', /Forbidden.*stream-infer\.write/s);
      await page.unroute('**/stream-infer/streams/*');
    });

    it('is clean by axe', async () => {
      await assertAccessible(page, '.si-sidebar');
    });

    it('asks for nothing while another tab is in front of it', async () => {
      await showFlow('tab2');
      await sidebar('info');
      await page.waitForTimeout(300);
      const asked: string[] = [];
      const note = (request: Request): void => { if (request.url().includes('/stream-infer/')) asked.push(request.url()); };
      page.on('request', note);
      await page.waitForTimeout(1500);
      page.off('request', note);
      assert.deepEqual(asked, []);
      await showFlow('tab1');
      await sidebar('stream-infer');
    });
  });

  describe('the large view', () => {
    before(async () => {
      await page.click(`${CARD} .si-show`);
      await page.waitForSelector('dialog.si-large');
    });

    it('shows the picture large, and without what an algo found when that is switched off', async () => {
      await untilItMoves('.si-large .si-picture img', 'src');
      const plain = nextRequest((wishes) => wishes.some(({ draw, width }) => width > 320 && draw?.length === 0));
      await page.uncheck('.si-large .si-overlays input');
      await plain;
      await untilItMoves('.si-large .si-picture img', 'src');
    });

    it('is clean by axe, and closed by Escape', async () => {
      await assertAccessible(page, 'dialog.si-large');
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog.si-large', { state: 'detached' });
    });
  });

  describe('pictures under nodes', () => {
    const picture = (id: string): string => `#red-ui-workspace-chart g[id="${id}"] .si-preview image`;
    before(async () => {
      await sidebar('info');
    });

    it('a node whose form says so has one, small, with what it found', async () => {
      // the sidebar, which is hidden, asks for none of its own any more
      const request = await nextRequest((wishes) => wishes.length === 1 && wishes[0]?.draw?.[0] === 'moves');
      const { wishes } = request.postDataJSON() as PicturesRequest;
      assert.deepEqual(wishes.map(({ stream, width, draw }) => ({ stream, width, draw })), [{ stream: 'beach:frames', width: 160, draw: ['moves'] }]);
      await untilItMoves(picture('moves'), 'href');
      const href = (await page.getAttribute(picture('moves'), 'href')) ?? '';
      assert.ok(href.length > 500 && href.length * 0.75 < 10_500, String(href.length));
    });

    it('a click on the eye shows and hides one in this browser, and changes no flow', async () => {
      const eye = 'g[id="results"] .si-eye';
      await page.locator(eye).dispatchEvent('click');
      await untilItMoves(picture('results'), 'href');
      await page.locator(eye).dispatchEvent('click');
      await page.waitForSelector(picture('results'), { state: 'detached' });
      assert.equal(await page.evaluate('RED.nodes.dirty()'), false);
    });

    it('on another flow none is asked for', async () => {
      await showFlow('tab2');
      await page.waitForSelector(picture('moves'), { state: 'detached' });
      await page.waitForTimeout(300);
      const asked: string[] = [];
      const note = (request: Request): void => { if (request.url().includes('/stream-infer/')) asked.push(`${request.url()} ${request.postData() ?? ''}`); };
      page.on('request', note);
      await page.waitForTimeout(1500);
      page.off('request', note);
      assert.deepEqual(asked, []);
      await showFlow('tab1');
      await untilItMoves(picture('moves'), 'href');
    });

    it('the form switches it', async () => {
      await openForm(page, 'moves');
      await page.uncheck('#node-input-preview');
      await closeForm(page, 'ok');
      await page.waitForSelector(picture('moves'), { state: 'detached' });
      await page.evaluate('RED.history.pop()');
      await untilItMoves(picture('moves'), 'href');
    });
  });
});

describe('streams in an editor of another kind', function () {
  this.timeout(120_000);
  let browser: Browser;
  before(async function () {
    if (!hasBrowser) this.skip();
    browser = await openBrowser();
  });
  after(() => (browser as Browser | undefined)?.close());

  it('Chinese, by https, below another root, behind a login, on a narrow page', async () => {
    // "password", by bcrypt
    const users = [{ username: 'viewer', password: '$2b$08$yBHfGW1wZn4MHu4gCj1UEOuI2gsL3Wt9bpuOWdI1CUgl1Os.e5Yn6', permissions: '*' }];
    const nodeRed = await startNodeRed({ flows: FLOWS, settings: { ...httpsSettings(), httpAdminRoot: '/deep/editor', adminAuth: { type: 'credentials', users } } });
    try {
      const context = await browser.newContext({ locale: 'zh-CN', viewport: { width: 700, height: 800 }, ignoreHTTPSErrors: true });
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      await page.goto(`${nodeRed.url}/deep/editor/`);
      await page.fill('#node-dialog-login-username', 'viewer');
      await page.fill('#node-dialog-login-password', 'password');
      await page.click('#node-dialog-login-submit');
      await page.waitForFunction('window.RED?.nodes?.getType?.("stream-recorder") && RED.nodes.getWorkspaceOrder().length > 0 && !$("#red-ui-loading-progress").is(":visible")');
      await page.evaluate('RED.actions.invoke("stream-infer:show-streams")');
      await page.waitForSelector(`${CARD} .si-picture img`);
      assert.match((await page.textContent(`${CARD} header`)) ?? '', /播放中/);
      await assertAccessible(page, '.si-sidebar');
    } finally {
      await nodeRed.stop();
    }
  });
});
