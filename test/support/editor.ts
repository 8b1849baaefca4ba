import { existsSync } from 'node:fs';

import { chromium, type Browser, type Page } from 'playwright-core';

const PROGRAM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

/** Whether there is a browser to drive. */
export const hasBrowser = existsSync(PROGRAM);

/** A Chromium without a window; `CHROMIUM` names the program. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-background-networking', '--no-first-run'],
  });
}

/** An editor page whose palette and flows are there. */
export async function openEditor(browser: Browser, options: { url: string; locale?: 'en-US' | 'zh-CN' }): Promise<Page> {
  const context = await browser.newContext({ locale: options.locale ?? 'en-US', viewport: { width: 1280, height: 1000 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(options.url);
  await page.waitForFunction('window.RED?.nodes?.getType?.("stream-recorder") && RED.nodes.getWorkspaceOrder().length > 0 && !$("#red-ui-loading-progress").is(":visible")');
  return page;
}

/** Opens the edit form of a node of the flow, or of a config node, and waits until it has slid in. */
export async function openForm(page: Page, nodeId: string): Promise<void> {
  const id = JSON.stringify(nodeId);
  await page.evaluate(`(() => {
    const node = RED.nodes.node(${id});
    if (node._def.category === 'config') RED.editor.editConfig('', node.type, node.id);
    else RED.editor.edit(node);
  })()`);
  await page.waitForSelector('.red-ui-tray .stream-infer-form');
  await page.waitForFunction('$(".red-ui-tray").last().css("right") === "0px" && !$(".red-ui-tray:animated").length');
}

/** Closes the form that is open: `ok` keeps what was typed. */
export async function closeForm(page: Page, how: 'ok' | 'cancel'): Promise<void> {
  await page.evaluate(`$(".red-ui-tray").last().find("#node-dialog-${how}, #node-config-dialog-${how}").trigger("click")`);
  await page.waitForSelector('.red-ui-tray', { state: 'detached' });
}

/** Types into fields of the form of the flow's only node of that type. */
export async function fillForm(page: Page, type: string, fields: Readonly<Record<string, string>>): Promise<void> {
  await openForm(page, await idOf(page, type));
  for (const [field, text] of Object.entries(fields)) {
    await page.fill(`#node-input-${field}`, text);
    await page.locator(`#node-input-${field}`).blur();
  }
  await closeForm(page, 'ok');
}

/** Id of the flow's only node of that type. */
export function idOf(page: Page, type: string): Promise<string> {
  return page.evaluate<string>(`RED.nodes.filterNodes({ type: ${JSON.stringify(type)} })[0].id`);
}

export async function deploy(page: Page): Promise<void> {
  await page.click('#red-ui-header-button-deploy');
  await page.waitForFunction('!RED.nodes.dirty()');
}

/** Imports an example as a person does: menu, Import, Examples, the package's folder, the example. */
export async function importExample(page: Page, example: { readonly module: string; readonly name: string }): Promise<void> {
  await page.click('#red-ui-header-button-sidemenu');
  await page.click('#menu-item-import');
  const dialog = page.locator('.ui-dialog:has(#red-ui-clipboard-dialog)');
  await dialog.locator('.red-ui-tabs a', { hasText: 'Examples' }).click();
  const row = (text: string): ReturnType<Page['locator']> => dialog.locator('.red-ui-treeList-label:visible', { hasText: text });
  await row(example.module).click();
  await row(example.name).click();
  await dialog.locator('#red-ui-clipboard-dialog-ok').click();
  await page.waitForFunction(`RED.nodes.filterNodes({}).length > 0 && !$("#red-ui-clipboard-dialog").is(":visible")`);
}
