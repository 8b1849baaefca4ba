import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import type { DevicesAnswer } from './contract.js';

/** Where Linux has its cameras; other systems have none here, and theirs are typed. */
export const LINUX = { devices: '/dev', classes: '/sys/class/video4linux' } as const;

/** The cameras of this machine, with the names that their drivers give them. */
export async function listDevices(places: { readonly devices: string; readonly classes: string } = LINUX): Promise<DevicesAnswer['devices']> {
  const names = (await readdir(places.devices).catch(() => [])).filter((name) => /^video\d+$/.test(name));
  names.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
  return await Promise.all(names.map(async (name) => {
    const told = await readFile(path.join(places.classes, name, 'name'), 'utf8').catch(() => '');
    return { location: `device:${path.join(places.devices, name)}`, name: told.trim().slice(0, 200) || name };
  }));
}
