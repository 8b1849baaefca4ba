import assert from 'node:assert/strict';

import type { Page } from 'playwright-core';

import { dataPath, hasData } from '../support/data.js';
import { closeForm, openForm } from '../support/editor.js';
import { withEditor } from '../support/with-editor.js';

const LOCATION = hasData ? dataPath('videos/vtest_pets09_s2l1_h264.mp4') : 'test:?width=768&height=576';

/** A flow that plays nothing, and an algo that is in no stream. */
const FLOWS = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'source', type: 'stream-source', z: 'tab1', x: 120, y: 100, wires: [['algo']], version: 1, location: LOCATION, start: 'message', engine: '' },
  { id: 'algo', type: 'stream-algo', z: 'tab1', x: 520, y: 100, wires: [[]], version: 1, kind: 'motion' },
  { id: 'lonely', type: 'stream-algo', z: 'tab1', x: 520, y: 200, wires: [[]], version: 1, kind: 'motion' },
];

type Corners = [number, number][];

describe('drawing on the picture: regions', function () {
  this.timeout(120_000);
  const editor = withEditor('area-editor', FLOWS);
  let page: Page;

  before(() => { ({ page } = editor); });

  beforeEach(async () => {
    await openForm(page, 'algo');
    await page.evaluate('$("#stream-algo-regions").prop("open", true)');
  });

  afterEach(async () => {
    if ((await page.locator('.red-ui-tray').count()) > 0) await closeForm(page, 'cancel');
  });

  const regions = '#stream-algo-region-editor';
  const svg = `${regions} svg`;
  const saved = async (): Promise<Corners[]> => JSON.parse((await page.inputValue('#node-input-regions')) || '[]') as Corners[];
  const note = (): Promise<string | null> => page.textContent(`${regions} .stream-infer-areas-note`);

  async function placeOf(x: number, y: number): Promise<{ x: number; y: number }> {
    await page.locator(svg).scrollIntoViewIfNeeded();
    const box = (await page.locator(svg).boundingBox()) ?? assert.fail('no drawing');
    return { x: box.x + x * box.width, y: box.y + y * box.height };
  }

  async function click(...corners: Corners): Promise<void> {
    for (const [x, y] of corners) {
      const place = await placeOf(x, y);
      await page.mouse.click(place.x, place.y);
    }
  }

  function assertNear(given: Corners | undefined, expected: Corners): void {
    assert.equal(given?.length, expected.length, JSON.stringify(given));
    expected.forEach(([x, y], i) => {
      const [givenX, givenY] = given[i] ?? assert.fail();
      assert.ok(Math.abs(givenX - x) < 0.005 && Math.abs(givenY - y) < 0.005, `${JSON.stringify(given)} is not ${JSON.stringify(expected)}`);
    });
  }

  it('corners are clicked, Enter closes; a region is saved with the node', async () => {
    await click([0.2, 0.3], [0.8, 0.3]);
    assert.deepEqual(await saved(), []);
    await click([0.5, 0.9]);
    assertNear((await saved())[0], [[0.2, 0.3], [0.8, 0.3], [0.5, 0.9]]);
    await page.keyboard.press('Enter');
    assert.equal((await saved()).length, 1);
    await closeForm(page, 'ok');
    assert.match(String(await page.evaluate('RED.nodes.node("algo").regions')), /^\[\[\[0\.2/);
    await openForm(page, 'algo');
    assert.equal(await page.locator(`${svg} polygon`).count(), 1, 'it is shown again');
    await page.click('#stream-algo-region-editor .stream-infer-areas-tools button:has-text("Remove all")');
    assert.equal(await page.inputValue('#node-input-regions'), '');
    await closeForm(page, 'ok');
    await openForm(page, 'algo');
  });

  it('a click on the first corner closes, a double click too', async () => {
    await click([0.1, 0.1], [0.3, 0.1], [0.2, 0.4], [0.1, 0.1]);
    const last = await placeOf(0.8, 0.8);
    await click([0.6, 0.6], [0.8, 0.6]);
    await page.mouse.dblclick(last.x, last.y);
    const [first, second] = await saved();
    assertNear(first, [[0.1, 0.1], [0.3, 0.1], [0.2, 0.4]]);
    assertNear(second, [[0.6, 0.6], [0.8, 0.6], [0.8, 0.8]]);
  });

  it('two corners are no region, Escape drops them and leaves the form open', async () => {
    await click([0.2, 0.3], [0.8, 0.3]);
    await page.keyboard.press('Enter');
    assert.deepEqual(await saved(), []);
    await page.keyboard.press('Escape');
    assert.equal(await page.locator(`${svg} circle`).count(), 0);
    assert.equal(await page.locator('.red-ui-tray .stream-infer-form').count(), 1);
  });

  it('a corner is dragged, not beyond the picture', async () => {
    await page.click('#stream-algo-region-editor .stream-infer-areas-tools button:has-text("Add a rectangle")');
    const [from, to] = [await placeOf(0.75, 0.75), await placeOf(0.9, 0.8)];
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(to.x, to.y, { steps: 3 });
    await page.mouse.up();
    assertNear((await saved())[0], [[0.25, 0.25], [0.75, 0.25], [0.9, 0.8], [0.25, 0.75]]);
    await page.mouse.move(to.x, to.y);
    await page.mouse.down();
    await page.mouse.move(to.x + 2000, to.y, { steps: 3 });
    await page.mouse.up();
    assert.equal((await saved())[0]?.[2]?.[0], 1);
  });

  it('keys move, add and remove the corner that has the focus', async () => {
    await page.click('#stream-algo-region-editor .stream-infer-areas-tools button:has-text("Add a rectangle")');
    await page.locator(`${svg} circle`).nth(1).focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Shift+ArrowUp');
    assertNear((await saved())[0], [[0.25, 0.25], [0.755, 0.2], [0.75, 0.75], [0.25, 0.75]]);
    await page.keyboard.press('Insert');
    assert.equal((await saved())[0]?.length, 5);
    await page.keyboard.press('Delete');
    assert.equal((await saved())[0]?.length, 4);
    await page.locator(`${svg} circle`).nth(0).focus();
    await page.keyboard.press('Delete');
    await page.locator(`${svg} circle`).nth(0).focus();
    await page.keyboard.press('Delete');
    assert.deepEqual(await saved(), [], 'a region with two corners goes');
    assert.equal(await page.evaluate('RED.nodes.node("algo") !== null'), true, 'the node itself stays');
  });

  it('what is typed is drawn; what is no region is marked and not drawn', async () => {
    await page.fill('#node-input-regions', '[[[0,0],[1,0],[1,1]],[[0,0.5],[0.5,1],[0,1]]]');
    assert.equal(await page.locator(`${svg} polygon`).count(), 2);
    await page.fill('#node-input-regions', '[[[0,0],[1,0]]]');
    await page.locator('#node-input-regions').blur();
    assert.match((await page.locator('#node-input-regions').getAttribute('class')) ?? '', /input-error/);
  });

  it('is drawn on a picture of the stream', async () => {
    await page.click('#stream-algo-region-editor .stream-infer-areas-tools button:has-text("Show a picture")');
    await page.waitForSelector('#stream-algo-region-editor .stream-infer-areas-stage:not(.stream-infer-no-picture) img');
    const { width = 0, height = 0 } = (await page.locator('#stream-algo-region-editor .stream-infer-areas-stage').boundingBox()) ?? {};
    assert.ok(Math.abs(width / height - 768 / 576) < 0.02, `${width} × ${height}`);
    await click([0.05, 0.95], [0.35, 0.45], [0.75, 0.5], [0.95, 0.95]);
    await page.keyboard.press('Enter');
    await click([0.6, 0.1], [0.9, 0.1], [0.9, 0.35]);
    await editor.picture('regions');
    assert.equal((await saved()).length, 2, 'three corners are a region, closed or not');
    assertNear((await saved())[0], [[0.05, 0.95], [0.35, 0.45], [0.75, 0.5], [0.95, 0.95]]);
  });

  it('says why there is no picture', async () => {
    await closeForm(page, 'cancel');
    await openForm(page, 'lonely');
    await page.evaluate('$("#stream-algo-regions").prop("open", true)');
    await page.click('#stream-algo-region-editor .stream-infer-areas-tools button:has-text("Show a picture")');
    await page.waitForFunction('/no stream/.test($("#stream-algo-region-editor .stream-infer-areas-note").text())');
    assert.match((await note()) ?? '', /^No picture: the node is in no stream: wire it to a source and deploy\. You can draw on the grid\.$/);
  });

  describe('zones and lines', () => {
    const drawing = '#stream-algo-zone-editor';
    const namesOf = `${drawing} .stream-infer-areas-names`;
    type Areas = { readonly zones: readonly { readonly name: string; readonly polygon: Corners }[]; readonly lines: readonly { readonly name: string; readonly from: Corners[0]; readonly to: Corners[0] }[] };

    beforeEach(() => page.evaluate('$("#stream-algo-zones").prop("open", true)'));

    const read = async (field: keyof Areas): Promise<never> => JSON.parse((await page.inputValue(`#node-input-${field}`)) || '[]') as never;
    const areas = async (): Promise<Areas> => ({ zones: await read('zones'), lines: await read('lines') });

    async function clickAt(...corners: Corners): Promise<void> {
      const svgElement = page.locator(`${drawing} svg`);
      await svgElement.scrollIntoViewIfNeeded();
      for (const [x, y] of corners) {
        const box = (await svgElement.boundingBox()) ?? assert.fail('no drawing');
        await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
      }
    }

    it('are drawn on one picture, named, and saved with the node', async () => {
      await page.click(`${drawing} button:has-text("Show a picture")`);
      await page.waitForSelector(`${drawing} .stream-infer-areas-stage:not(.stream-infer-no-picture) img`);
      await clickAt([0.05, 0.95], [0.35, 0.45], [0.6, 0.95]);
      await page.keyboard.press('Enter');
      await page.check(`${drawing} label:has-text("draw a line") input`);
      await clickAt([0.5, 0.2]);
      assert.match((await page.textContent(`${drawing} .stream-infer-areas-note`)) ?? '', /where the line ends/);
      await clickAt([0.9, 0.4]);
      const drawn = await areas();
      assert.deepEqual([drawn.zones.map(({ name }) => name), drawn.lines.map(({ name }) => name)], [['zone 1'], ['line 1']]);
      assertNear(drawn.zones[0]?.polygon, [[0.05, 0.95], [0.35, 0.45], [0.6, 0.95]]);
      assertNear(drawn.lines.flatMap(({ from, to }) => [from, to]), [[0.5, 0.2], [0.9, 0.4]]);
      await page.getByLabel('Name of the zone').fill('grass');
      await page.getByLabel('Name of the line').fill('way out');
      await page.locator(`${namesOf} li:has(.fa-exchange)`).getByLabel('Turn the arrow round').click();
      assert.deepEqual((await page.locator(`${drawing} svg text`).allTextContents()), ['grass', 'way out']);
      await page.locator(`${drawing} svg`).scrollIntoViewIfNeeded();
      await editor.picture('zones');
      await closeForm(page, 'ok');
      const saved = JSON.parse(String(await page.evaluate('RED.nodes.node("algo").lines'))) as Areas['lines'];
      const [line = assert.fail('no line')] = saved;
      assert.equal(line.name, 'way out');
      assertNear([line.from, line.to], [[0.9, 0.4], [0.5, 0.2]]);
      await openForm(page, 'algo');
      assert.equal(await page.evaluate('$("#stream-algo-zones").prop("open")'), true, 'open where there are some');
      assert.deepEqual((await page.locator(`${drawing} svg text`).allTextContents()), ['grass', 'way out']);
      await page.click(`${drawing} button:has-text("Remove all")`);
      assert.deepEqual(await areas(), { zones: [], lines: [] });
      await closeForm(page, 'ok');
      await openForm(page, 'algo');
    });

    it('keys alone do it: one is added, its corners are moved, it is removed', async () => {
      await page.locator(`${drawing} button:has-text("Add a line")`).press('Enter');
      await page.locator(`${drawing} svg circle`).nth(1).focus();
      await page.keyboard.press('Shift+ArrowUp');
      await page.keyboard.press('Insert');
      assert.deepEqual((await areas()).lines, [{ name: 'line 1', from: [0.25, 0.6], to: [0.75, 0.55] }]);
      await page.locator(`${drawing} button:has-text("Add a line")`).press('Enter');
      assert.deepEqual((await areas()).lines.map(({ name }) => name), ['line 1', 'line 2']);
      await page.locator(`${namesOf} li`).first().getByLabel('Remove').press('Enter');
      assert.deepEqual((await areas()).lines.map(({ name }) => name), ['line 2']);
      await page.locator(`${drawing} svg circle`).first().focus();
      await page.keyboard.press('Delete');
      assert.deepEqual(await areas(), { zones: [], lines: [] }, 'half a line goes');
    });

    it('who has moved a corner can type a name, and turn the arrow, and is left where they are', async () => {
      await page.click(`${drawing} button:has-text("Add a line")`);
      await page.locator(`${drawing} svg circle`).first().focus();
      await page.keyboard.press('ArrowLeft');
      await page.getByLabel('Name of the line').fill('');
      await page.getByLabel('Name of the line').pressSequentially('gate');
      assert.equal((await areas()).lines[0]?.name, 'gate');
      await page.locator(`${drawing} svg circle`).first().focus();
      await page.getByLabel('Turn the arrow round').press('Enter');
      await page.keyboard.press('Enter');
      assert.deepEqual((await areas()).lines, [{ name: 'gate', from: [0.245, 0.6], to: [0.75, 0.6] }], 'turned twice');
      await page.getByLabel('Remove', { exact: true }).press('Enter');
      assert.equal(await page.evaluate(`document.activeElement === document.querySelector(${JSON.stringify(`${drawing} svg`)})`), true);
    });

    it('names that are the same are marked; what is typed wrong is kept while the other kind is drawn', async () => {
      for (let i = 0; i < 2; i += 1) await page.click(`${drawing} button:has-text("Add a zone")`);
      await page.getByLabel('Name of the zone').last().fill('zone 1');
      assert.match((await page.locator('#node-input-zones').getAttribute('class')) ?? '', /input-error/);
      await page.getByLabel('Name of the zone').last().fill('door');
      assert.doesNotMatch((await page.locator('#node-input-zones').getAttribute('class')) ?? '', /input-error/);
      await page.fill('#node-input-lines', '[{"name":"a","from":[0,0]}]');
      await page.click(`${drawing} button:has-text("Add a zone")`);
      assert.equal(await page.inputValue('#node-input-lines'), '[{"name":"a","from":[0,0]}]');
      assert.match((await page.locator('#node-input-lines').getAttribute('class')) ?? '', /input-error/);
    });
  });
});
