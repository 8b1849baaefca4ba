import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';

const SCRIPT = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/** Fails with what axe finds wrong within `selector` (WCAG 2 A and AA, best practices), each with the elements. */
export async function assertAccessible(page: Page, selector: string): Promise<void> {
  if (!(await page.evaluate('Boolean(window.axe)'))) await page.evaluate(SCRIPT);
  const { violations }: AxeResults = await page.evaluate(`axe.run(${JSON.stringify(selector)}, { resultTypes: ['violations'] })`);
  assert.deepEqual(violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => `${html} ${failureSummary ?? ''}`) })), []);
}
