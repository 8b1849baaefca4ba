import assert from 'node:assert/strict';
import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { catalog, distText, LANGUAGES, NODES } from '../support/editor-html.js';
import { closeForm, hasBrowser, openBrowser, openEditor, openForm } from '../support/editor.js';
import { endPictures, picturesFolder } from '../support/pictures.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';

/** A flow that plays nothing: its source waits for a message. */
const FLOWS = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'engine', type: 'stream-engine', version: 1, executionProviders: 'cpu' },
  { id: 'sink', type: 'stream-sink', version: 1, url: 'https://server/results' },
  { id: 'source', type: 'stream-source', z: 'tab1', x: 120, y: 100, wires: [['producer']], version: 1, location: 'test:', start: 'message', engine: 'engine' },
  { id: 'producer', type: 'stream-producer', z: 'tab1', x: 320, y: 100, wires: [['algo', 'recorder']], version: 1, width: 640 },
  { id: 'algo', type: 'stream-algo', z: 'tab1', x: 520, y: 100, wires: [['dispatcher']], version: 1, kind: 'motion', frameCount: 5, frameStep: 6 },
  { id: 'dispatcher', type: 'stream-dispatcher', z: 'tab1', x: 720, y: 100, wires: [[], []], version: 1 },
  { id: 'recorder', type: 'stream-recorder', z: 'tab1', x: 520, y: 180, wires: [[]], version: 1, start: 'message' },
];

describe('the editor', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  let browser: Browser;
  const pictures = picturesFolder('editor');

  before(async function () {
    if (!hasBrowser) this.skip();
    nodeRed = await startNodeRed({ flows: FLOWS });
    browser = await openBrowser();
  });

  after(async () => {
    await (browser as Browser | undefined)?.close();
    await (nodeRed as NodeRed | undefined)?.stop();
    endPictures(pictures);
  });

  for (const language of LANGUAGES) {
    describe(`in ${language}`, () => {
      let page: Page;
      const complaints: string[] = [];

      before(async () => {
        page = await openEditor(browser, { url: nodeRed.url, locale: language });
        page.on('pageerror', (error) => complaints.push(error.message));
        page.on('console', (message) => {
          if (message.type() === 'error') complaints.push(message.text());
        });
      });

      after(() => page.context().close());

      it('the palette has the group with its five nodes, named and with their icons', async () => {
        const group = page.locator('#red-ui-palette-container-stream_infer');
        assert.equal(await group.locator('.red-ui-palette-header span').textContent(), catalog('algo', language).get('palette.label.stream_infer'));
        const types = await page.evaluate<string[]>('$("#red-ui-palette-container-stream_infer .red-ui-palette-node").get().map((node) => node.dataset.paletteType)');
        const shown = NODES.filter((node) => node !== 'engine' && node !== 'sink');
        assert.deepEqual([...types].sort(), shown.map((node) => `stream-${node}`).sort());
        for (const node of shown) {
          const item = group.locator(`[data-palette-type="stream-${node}"]`);
          assert.equal((await item.locator('.red-ui-palette-label').textContent())?.trim(), catalog(node, language).get('palette-label'));
          const icon = await page.request.get(`${nodeRed.url}/icons/@stream-infer/node-red/stream-${node}.svg`);
          assert.match(icon.headers()['content-type'] ?? '', /svg/);
          assert.match(await icon.text(), /fill="#fff"|stroke="#fff"/);
        }
      });

      it('the help is there, each property of a message in its box', async () => {
        for (const node of NODES) {
          const help = await page.evaluate<string>(`RED.nodes.getNodeHelp("stream-${node}")`);
          assert.match(help, language === 'en-US' ? /<h3[^>]*>Outputs/ : /<h3[^>]*>输出/);
          const properties = distText(node, `locales/${language}/${node}.html`).match(/^: /gm) ?? [];
          const boxed = await page.evaluate(`$("<div>").html(RED.nodes.getNodeHelp("stream-${node}")).find("dl.message-properties > dt").length`);
          assert.equal(boxed, properties.length, node);
        }
      });

      for (const node of NODES) {
        it(`the form of ${node} has all its texts and nothing wrong in it`, async () => {
          await openForm(page, node);
          await page.evaluate('$(".stream-infer-form details").prop("open", true)');
          await page.screenshot({ path: join(pictures, `${language}-${node}.png`) });
          const texts = await page.evaluate<string[]>(`[
            $(".stream-infer-form").text(),
            ...$(".stream-infer-form [placeholder], .stream-infer-form [title]").get().flatMap((one) => [one.placeholder ?? '', one.title]),
          ]`);
          for (const text of texts) assert.doesNotMatch(text, /\b(label|section|placeholder|unit|hint|shared|port|examples|models|schedule)\.[a-z]|__/i);
          const nameless = '$(".stream-infer-form").find("label, summary, h4, select[id]:not(#node-input-engine):not([id^=node-input-sink]) option").get().filter((one) => one.textContent.trim() === "").length';
          assert.equal(await page.evaluate(nameless), 0);
          assert.equal(await page.locator('.stream-infer-form .input-error').count(), 0);
          await closeForm(page, 'cancel');
        });
      }

      it('nothing went wrong in the page', () => {
        assert.deepEqual(complaints.filter((text) => !/Failed to load resource|WebSocket/.test(text)), []);
      });
    });
  }

  describe('forms', () => {
    let page: Page;

    before(async () => {
      page = await openEditor(browser, { url: nodeRed.url });
    });

    afterEach(async () => {
      if ((await page.locator('.red-ui-tray').count()) > 0) await closeForm(page, 'cancel');
    });

    after(() => page.context().close());

    const shows = (id: string): Promise<boolean> => page.locator(id).isVisible();
    const isWrong = async (id: string): Promise<boolean> => ((await page.locator(id).getAttribute('class')) ?? '').includes('input-error');

    it('a source shows the fields that matter for its location', async () => {
      await openForm(page, 'source');
      await page.evaluate('$(".stream-infer-form details").prop("open", true)');
      const rows = [
        { location: 'rtsp://cam/s', username: true, transport: true, position: false, images: false, loop: false },
        { location: '/data/a.mp4', username: false, transport: false, position: true, images: false, loop: true },
        { location: '/data/*.jpg', username: false, transport: false, position: true, images: true, loop: true },
        { location: 'test:', username: false, transport: false, position: false, images: false, loop: false },
        { location: 'http://h/a.mp4', username: true, transport: false, position: true, images: false, loop: true },
      ];
      for (const { location, username, transport, position, images, loop } of rows) {
        await page.fill('#node-input-location', location);
        assert.equal(await shows('#node-input-username'), username, `${location}: user`);
        assert.equal(await shows('#node-input-rtspTransport'), transport, `${location}: transport`);
        assert.equal(await shows('#node-input-position'), position, `${location}: position`);
        assert.equal(await shows('#node-input-imageFps'), images, `${location}: image rate`);
        assert.equal(await shows('#node-input-loop'), loop, `${location}: loop`);
      }
    });

    it('user and password pasted with a URL move to their own fields', async () => {
      await openForm(page, 'source');
      await page.fill('#node-input-location', 'rtsp://admin:p%40ss#1@10.0.0.2:554/s');
      await page.locator('#node-input-location').blur();
      assert.equal(await page.inputValue('#node-input-location'), 'rtsp://10.0.0.2:554/s');
      assert.equal(await page.inputValue('#node-input-username'), 'admin');
      assert.equal(await page.inputValue('#node-input-password'), 'p@ss#1');
    });

    it('a location is required unless a message brings it', async () => {
      await openForm(page, 'source');
      await page.fill('#node-input-location', '');
      await page.selectOption('#node-input-start', 'deploy');
      assert.equal(await isWrong('#node-input-location'), true);
      await page.selectOption('#node-input-start', 'message');
      assert.equal(await isWrong('#node-input-location'), false);
    });

    it('an example of a location is one click away', async () => {
      await openForm(page, 'source');
      await page.click('#stream-source-examples');
      await page.click('.stream-infer-list button:has-text("Network camera")');
      assert.match(await page.inputValue('#node-input-location'), /^rtsp:/);
      assert.equal(await shows('.stream-infer-list'), false);
      assert.equal(await shows('#node-input-username'), true);
    });

    it('bad values are marked while they are typed', async () => {
      await openForm(page, 'producer');
      await page.fill('#node-input-width', '1');
      await page.locator('#node-input-width').blur();
      assert.equal(await isWrong('#node-input-width'), true);
      await page.fill('#node-input-width', '${WIDTH}');
      await page.locator('#node-input-width').blur();
      assert.equal(await isWrong('#node-input-width'), false);
    });

    it('an algo says in words when it runs', async () => {
      await openForm(page, 'algo');
      const rows = [
        { count: '5', step: '6', interval: '1', words: 'Every 1 s: 5 frames, 6 apart (a span of 25 frames), first when 30 frames are there.' },
        { count: '1', step: '0', interval: '0', words: 'At every frame: the newest frame.' },
        { count: '3', step: '0', interval: '0.5', words: 'Every 0.5 s: the 3 newest frames.' },
        { count: 'x', step: '0', interval: '1', words: '' },
        { count: '1', step: '0', interval: '-1', words: '' },
      ];
      for (const { count, step, interval, words } of rows) {
        await page.fill('#node-input-frameCount', count);
        await page.fill('#node-input-frameStep', step);
        await page.fill('#node-input-interval', interval);
        assert.equal(await page.textContent('#stream-algo-schedule'), words);
      }
    });

    it('an algo shows the fields of its kind, and marks what that kind lacks', async () => {
      await openForm(page, 'algo');
      const fields = {
        onnx: '#node-input-model', motion: '#node-input-motionThreshold', module: '#node-input-module', code: '#stream-algo-code-editor', flow: '#node-input-flowLimit',
        remote: '#node-input-remoteUrl', python: '#node-input-pythonModule',
      };
      for (const [kind, own] of Object.entries(fields)) {
        await page.selectOption('#node-input-kind', kind);
        for (const field of Object.values(fields)) assert.equal(await shows(field), field === own, `${kind}: ${field}`);
        assert.equal(await isWrong('#node-input-model'), kind === 'onnx');
        assert.equal(await isWrong('#node-input-module'), kind === 'module');
        assert.equal(await isWrong('#node-input-remoteUrl'), kind === 'remote');
        assert.equal(await isWrong('#node-input-pythonModule'), kind === 'python');
        assert.equal(await shows('#node-input-scoreThreshold'), kind === 'onnx' || kind === 'remote', `${kind}: what is asked of models`);
        await page.screenshot({ path: join(pictures, `algo-${kind}.png`) });
      }
    });

    it('code is typed into three tabs, complained of with its fault, and saved', async () => {
      await openForm(page, 'algo');
      await page.selectOption('#node-input-kind', 'code');
      const type = async (tab: string, field: string, text: string): Promise<void> => {
        const editor = page.locator(`#stream-algo-${field}-editor .view-lines`);
        // Node-RED takes clicks on two tabs within 400 ms for a double click, which chooses none
        do await page.click(`#stream-algo-code-tabs a:has-text("${tab}")`); while (!(await editor.isVisible()));
        await editor.click();
        await page.keyboard.insertText(text);
      };
      await type('Setup', 'codeSetup', 'const first = 1;\ncontext.state.count = first;');
      await type('Run', 'code', 'const first = frames[0];\ncontext.state.count += 1;\nreturn first.width *;');
      await page.waitForSelector('#stream-algo-code-editor .squiggly-error');
      assert.equal(await page.locator('#stream-algo-code-editor .squiggly-error').count(), 1, 'the names of one tab are not those of another');
      await page.screenshot({ path: join(pictures, 'algo-code-wrong.png') });
      await closeForm(page, 'ok');
      assert.match(await page.evaluate<string>('RED.nodes.node("algo").validationErrors.join()'), /^Run: Unexpected token/);
      await openForm(page, 'algo');
      assert.equal(await page.locator('#stream-algo-codeSetup-editor').isVisible(), false);
      await page.click('#stream-algo-code-editor .view-lines');
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.insertText('return frames[0].width;');
      await closeForm(page, 'ok');
      const saved = await page.evaluate<Record<string, unknown>>('(({ code, codeSetup, codeClose, outputs, valid }) => ({ code, codeSetup, codeClose, outputs, valid }))(RED.nodes.node("algo"))');
      assert.deepEqual(saved, { code: 'return frames[0].width;', codeSetup: 'const first = 1;\ncontext.state.count = first;', codeClose: '', outputs: 1, valid: true });
    });

    it('an algo has its second output while it is of kind flow', async () => {
      for (const [kind, count] of [['flow', 2], ['motion', 1]] as const) {
        await openForm(page, 'algo');
        await page.selectOption('#node-input-kind', kind);
        await closeForm(page, 'ok');
        // the editor draws when the browser has a frame to draw
        await page.waitForFunction(`$('#algo .red-ui-flow-port-output').length === ${String(count)}`);
      }
    });

    it('a model of the catalogue is chosen with its licence and size in sight', async () => {
      const answer = [{ name: 'nano', title: 'Nano', licence: 'Apache-2.0', bytes: 3_659_407, url: 'https://example.org/nano.onnx', family: 'yolox' }];
      await page.route('**/stream-infer/catalogue', (route) => route.fulfill({ json: answer }));
      await page.route('**/stream-infer/models', (route) => route.fulfill({ json: [{ path: 'models/mine.onnx', bytes: 5_000_000 }] }));
      await openForm(page, 'algo');
      await page.selectOption('#node-input-kind', 'onnx');
      await page.click('#stream-algo-models');
      await page.waitForSelector('.stream-infer-list button');
      assert.deepEqual(await page.locator('.stream-infer-list button').allTextContents(), [
        'models/mine.onnxon this machine · 5.0 MB',
        'Nanofetched at the first run · Apache-2.0 · 3.7 MB',
      ]);
      await page.click('.stream-infer-list button:has-text("Nano")');
      assert.equal(await page.inputValue('#node-input-model'), 'catalogue:nano');
      await page.waitForSelector('#stream-algo-model-note a');
      assert.match((await page.textContent('#stream-algo-model-note')) ?? '', /Nano · Apache-2\.0 · 3\.7 MB/);
      await page.unroute('**/stream-infer/**');
    });

    it('the form works where the runtime does not answer', async () => {
      await page.route('**/stream-infer/*', (route) => route.fulfill({ status: 404 }));
      await openForm(page, 'algo');
      await page.selectOption('#node-input-kind', 'onnx');
      await page.click('#stream-algo-models');
      await page.waitForSelector('.stream-infer-list p');
      assert.match((await page.textContent('.stream-infer-list')) ?? '', /No models found/);
      await page.unroute('**/stream-infer/*');
    });

    it('labels are proposed behind the last comma, and a whole one is left alone', async () => {
      await openForm(page, 'algo');
      await page.selectOption('#node-input-kind', 'onnx');
      await page.locator('#node-input-labels').pressSequentially('person, bicy');
      await page.click('.red-ui-autoComplete-container >> text=bicycle');
      assert.equal(await page.inputValue('#node-input-labels'), 'person, bicycle');
    });

    it('what was typed is deployed, the password apart from the flow', async () => {
      await openForm(page, 'source');
      await page.fill('#node-input-location', 'rtsp://cam/s');
      await page.fill('#node-input-username', 'admin');
      await page.fill('#node-input-password', 'secret');
      await closeForm(page, 'ok');
      await openForm(page, 'algo');
      await page.fill('#node-input-interval', '2.5');
      await closeForm(page, 'ok');
      await openForm(page, 'recorder');
      await page.uncheck('#node-input-draw');
      await closeForm(page, 'ok');
      await page.click('#red-ui-header-button-deploy');
      await page.waitForFunction('!RED.nodes.dirty()');
      const text = await (await nodeRed.admin('/flows')).text();
      const flows = JSON.parse(text) as Record<string, unknown>[];
      const saved = (id: string): Record<string, unknown> | undefined => flows.find((node) => node['id'] === id);
      assert.equal(saved('source')?.['location'], 'rtsp://cam/s');
      assert.equal(saved('source')?.['timeout'], '10', 'what the flow lacked was filled with its default');
      assert.equal(saved('source')?.['version'], 1);
      assert.equal(saved('algo')?.['interval'], '2.5');
      assert.equal(saved('recorder')?.['draw'], false);
      assert.doesNotMatch(text, /secret|admin/);
    });
  });
});
