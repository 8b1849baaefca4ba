import { openBrowser, openEditor } from '../support/editor.js';
import { startNodeRed } from '../support/node-red.js';
import { dataPath } from '../support/data.js';
const LOCATION = dataPath('videos/vtest_pets09_s2l1_h264.mp4');
const MODEL = dataPath('models/det/yolox_nano_416.onnx');
const FLOWS = [
  { id: 'tab1', type: 'tab', label: 'Test' },
  { id: 'source', type: 'stream-source', z: 'tab1', x: 120, y: 100, name: 'pets', wires: [['prod']], version: 1, location: LOCATION, start: 'deploy', loop: true, engine: '' },
  { id: 'prod', type: 'stream-producer', z: 'tab1', x: 300, y: 100, wires: [['algo', 'rec']], version: 1, preview: true },
  { id: 'algo', type: 'stream-algo', z: 'tab1', x: 520, y: 100, name: 'objects', wires: [['disp']], version: 2, kind: 'onnx', model: MODEL, interval: 0.5, preview: true },
  { id: 'disp', type: 'stream-dispatcher', z: 'tab1', x: 740, y: 100, wires: [[], []], version: 1 },
  { id: 'rec', type: 'stream-recorder', z: 'tab1', x: 520, y: 300, wires: [[]], version: 1, start: 'message' },
  { id: 's2', type: 'stream-source', z: 'tab1', x: 120, y: 400, name: 'nothing there', wires: [['a2']], version: 1, location: '/nowhere.mp4', start: 'deploy', engine: '' },
  { id: 'a2', type: 'stream-algo', z: 'tab1', x: 320, y: 400, wires: [[]], version: 2, kind: 'motion' },
];
async function main(): Promise<void> {
  const nr = await startNodeRed({ flows: FLOWS });
  const browser = await openBrowser();
  try {
    const page = await openEditor(browser, { url: nr.url });
    page.on('console', (m) => { console.log('console', m.text()); });
    page.on('pageerror', (e) => { console.log('pageerror', e.message); });
    await page.evaluate('RED.actions.invoke("stream-infer:show-streams")');
    await page.waitForSelector('.si-card img');
    await page.waitForTimeout(4000);
    await page.screenshot({ path: '/tmp/look1.png' });
    await page.click('.si-show');
    await page.waitForTimeout(1500);
    await page.screenshot({ path: '/tmp/look2.png' });
  } finally { await browser.close(); await nr.stop(); }
}
void main();
