import { existsSync } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { join, resolve } from 'node:path';

const folder = resolve(__dirname, '..', '..', '.cache', 'dashboard');

/** Whether `scripts/test-dashboard.sh` could install FlowFuse Dashboard 2. */
export const hasDashboard = existsSync(join(folder, 'package'));

/** Adds Dashboard 2 to a user directory of Node-RED. */
export async function linkDashboard(userDir: string): Promise<void> {
  const scope = join(userDir, 'node_modules', '@flowfuse');
  await mkdir(scope, { recursive: true });
  await symlink(join(folder, 'node_modules/@flowfuse/node-red-dashboard'), join(scope, 'node-red-dashboard'), 'dir');
}
