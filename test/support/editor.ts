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

/** An editor page whose flows and palette are there. */
export async function openEditor(browser: Browser, options: { url: string; locale?: 'en-US' | 'zh-CN'; dark?: boolean }): Promise<Page> {
  const context = await browser.newContext({
    locale: options.locale ?? 'en-US',
    colorScheme: options.dark ? 'dark' : 'light',
    viewport: { width: 1280, height: 1000 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  await page.goto(options.url);
  await page.waitForSelector('.red-ui-palette-node[data-palette-type="stream-recorder"]', { state: 'attached' });
  await page.waitForFunction('window.RED?.nodes?.getWorkspaceOrder?.().length > 0 && !document.querySelector("#red-ui-loading-progress:not([style*=none])")');
  return page;
}

/** Opens the edit form of a node that is in the flow, and waits until it has slid in. */
export async function openForm(page: Page, nodeId: string): Promise<void> {
  await page.evaluate(`RED.editor.edit(RED.nodes.node(${JSON.stringify(nodeId)}))`);
  await page.waitForSelector('.red-ui-editor .stream-infer-form');
  await page.waitForFunction('document.querySelector(".red-ui-tray")?.getAnimations({subtree:false}).length === 0 && $(".red-ui-tray").css("right") === "0px"');
}

/** Closes the form that is open, keeping what was typed. */
export async function closeForm(page: Page): Promise<void> {
  await page.click('#node-dialog-ok');
  await page.waitForSelector('.red-ui-tray', { state: 'detached' });
}
