import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { listDevices } from '../../../dist/plugins/studio/devices.js';

describe('plugins/studio: cameras', () => {
  let folder: string;

  before(async () => { folder = await mkdtemp(join(tmpdir(), 'stream-infer-devices-')); });
  after(() => rm(folder, { recursive: true, force: true }));

  it('each with its name, in the order of their numbers; nothing else', async () => {
    const places = { devices: join(folder, 'dev'), classes: join(folder, 'classes') };
    for (const name of ['video10', 'video2', 'videoX', 'video2.txt', 'null']) {
      await mkdir(places.devices, { recursive: true });
      await writeFile(join(places.devices, name), '');
    }
    await mkdir(join(places.classes, 'video2'), { recursive: true });
    await writeFile(join(places.classes, 'video2/name'), 'USB camera\n');
    assert.deepEqual(await listDevices(places), [
      { location: `device:${join(places.devices, 'video2')}`, name: 'USB camera' },
      { location: `device:${join(places.devices, 'video10')}`, name: 'video10' },
    ]);
  });

  it('none where there is no such folder', async () => {
    assert.deepEqual(await listDevices({ devices: join(folder, 'none'), classes: join(folder, 'none') }), []);
  });
});
