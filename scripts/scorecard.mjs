// Node-RED's scorecard for the package as it would be published now (build it first):
//   node scripts/scorecard.mjs [PACKAGE.tgz] [--json]
// Exit code 1 when a check fails. node-red-dev comes from npm into .cache/scorecard/ on the first call.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';

const NODE_RED_DEV = 'node-red-dev@0.1.6';
const CHECKS = ['P01', 'P03', 'P04', 'P05', 'P06', 'P07', 'P08', 'N01', 'N02', 'D01', 'D02', 'D03'];
const root = resolve(import.meta.dirname, '..');
const tool = join(root, '.cache/scorecard');

installTool();
const work = mkdtempSync(join(tmpdir(), 'scorecard-'));
try {
  const tarball = process.argv.slice(2).find((argument) => !argument.startsWith('--'));
  run('tar', ['-xzf', tarball === undefined ? pack(work) : resolve(tarball), '-C', work]);
  report(validate(join(work, 'package'), join(work, 'card.json')));
} finally {
  rmSync(work, { recursive: true, force: true });
}

function installTool() {
  if (existsSync(join(tool, 'node_modules/node-red-dev'))) return;
  mkdirSync(tool, { recursive: true });
  writeFileSync(join(tool, 'package.json'), '{ "private": true }');
  run('npm', ['install', '--prefix', tool, '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', NODE_RED_DEV]);
}

function pack(folder) {
  run('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder], { cwd: root });
  const { name, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return join(folder, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
}

/** What node-red-dev finds: the card, and what it prints. */
function validate(folder, card) {
  const text = run(process.execPath, ['-r', join(import.meta.dirname, 'scorecard-answers.cjs'), 'node_modules/node-red-dev/bin/run', 'validate', '-p', folder, '-o', card], {
    cwd: tool,
    env: { ...process.env, NODE_RED_MANIFEST: JSON.stringify(nodeRedManifest()) },
  });
  return { card: JSON.parse(readFileSync(card, 'utf8')), text };
}

/** The part of the registry's entry of Node-RED that is looked at. */
function nodeRedManifest() {
  const { version, engines, 'dist-tags': tags } = JSON.parse(run('npm', ['view', 'node-red', 'version', 'engines', 'dist-tags', '--json', '--loglevel=error']));
  return { 'dist-tags': tags, versions: { [version]: { engines } } };
}

function report({ card, text }) {
  const failed = CHECKS.filter((check) => card[check]?.test !== true);
  // a page that it cannot read counts as one without nodes, and so as one without faults
  const unread = text.split('\n').filter((line) => line.startsWith('Unable to parse'));
  process.stdout.write(process.argv.includes('--json') ? JSON.stringify({ card, failed, unread }) : `${text}\n${verdict(failed, unread)}\n`);
  if (failed.length > 0 || unread.length > 0) process.exitCode = 1;
}

function verdict(failed, unread) {
  if (failed.length > 0) return `Failed: ${failed.join(', ')}`;
  return unread.length > 0 ? unread.join('\n') : `All ${CHECKS.length} checks passed`;
}

/** Standard output of a program. Throws with all that it said when it fails. */
function run(program, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
  return stdout;
}
