import { join } from 'node:path';

import type { Browser, Page } from 'playwright-core';

import { hasBrowser, openBrowser, openEditor } from './editor.js';
import { startNodeRed, type NodeRed } from './node-red.js';
import { endPictures, picturesFolder } from './pictures.js';

/** A Node-RED, and a page of its editor. */
export type OpenedEditor = {
  readonly nodeRed: NodeRed;
  readonly page: Page;
  /** Takes a screenshot, to be looked at: see `endPictures`. */
  readonly picture: (name: string) => Promise<Buffer>;
};

/** Opens it before the tests of the suite, with those flows, and closes it behind them; where there is no browser they are skipped. */
export function withEditor(suite: string, flows: readonly object[]): OpenedEditor {
  let nodeRed: NodeRed | undefined;
  let browser: Browser | undefined;
  let page: Page | undefined;
  let pictures: string | undefined;

  before(async function () {
    if (!hasBrowser) this.skip();
    pictures = picturesFolder(suite);
    nodeRed = await startNodeRed({ flows });
    browser = await openBrowser();
    page = await openEditor(browser, { url: nodeRed.url });
  });
  after(async () => {
    await browser?.close();
    await nodeRed?.stop();
    if (pictures !== undefined) endPictures(pictures);
  });

  return {
    get nodeRed() { return opened(nodeRed); },
    get page() { return opened(page); },
    picture: (name) => opened(page).screenshot({ path: join(opened(pictures), `${name}.png`) }),
  };
}

function opened<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('the editor is not open yet: it is from the first test on');
  return part;
}
