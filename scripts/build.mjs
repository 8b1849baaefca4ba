// Makes dist/ out of src/: compiles, and puts beside every built node what Node-RED looks for there: its html, catalogs,
// help and icon. Type errors fail the build, but what could be made is there.
//   --clean   starts from nothing
//   --assets  leaves the compiler out
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join, resolve } from 'node:path';
import process from 'node:process';

import { build as esbuild } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const src = join(root, 'src');
const dist = join(root, 'dist');
const LANGUAGES = ['en-US', 'zh-CN'];

if (process.argv.includes('--clean')) rmSync(dist, { recursive: true, force: true });
const ok = process.argv.includes('--assets') || compile();
for (const node of nodeFolders()) buildEditorSide(node);
await buildEditorPage('editor', 'plugins/live/live');
await buildOwnPage('studio', 'plugins/studio/page');
copyData('runtime');
const cli = join(dist, 'runtime/jobs/cli.js');
if (existsSync(cli)) chmodSync(cli, 0o755);
process.exitCode = ok ? 0 : 1;

function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  return spawnSync(process.execPath, [tsc, '-p', root, '--pretty'], { stdio: 'inherit' }).status === 0;
}

/** Names of the folders in src/nodes that hold a node. */
function nodeFolders() {
  return readdirSync(join(src, 'nodes')).filter((name) => existsSync(join(src, 'nodes', name, `${name}.html`)));
}

/**
 * A node must work when the package's other nodes are disabled in the palette: so each gets the shared editor script
 * and the parts of its form in front of its own html, and the shared texts in each of its catalogs.
 */
function buildEditorSide(node) {
  const from = join(src, 'nodes', node);
  const to = join(dist, 'nodes', node);
  const shared = join(src, 'nodes/shared');
  write(join(to, `${node}.html`), [join(shared, 'editor.html'), ...partsOf(from, node), join(from, `${node}.html`)].map(read).join(''));
  for (const language of LANGUAGES) {
    const texts = { ...json(join(shared, 'locales', `${language}.json`)), ...json(join(from, 'locales', language, `${node}.json`)) };
    write(join(to, 'locales', language, `${node}.json`), JSON.stringify(texts));
    copy(join(from, 'locales', language, `${node}.html`), join(to, 'locales', language, `${node}.html`));
  }
  const icon = `stream-${node}.svg`;
  if (existsSync(join(root, 'icons', icon))) copy(join(root, 'icons', icon), join(to, 'icons', icon));
}

/** Html of a node's folder that is not the node's own: parts of its form. */
function partsOf(folder, node) {
  return readdirSync(folder).filter((name) => extname(name) === '.html' && name !== `${node}.html`).sort().map((name) => join(folder, name));
}

/**
 * A page of src/web/`page` as one html, which Node-RED puts into its editor: the script, its libraries in it, and the
 * styles; beside it the licences of those libraries.
 */
async function buildEditorPage(page, to) {
  const { script, licences } = await bundle(page);
  // a text of `</script` in it would end it
  write(join(dist, `${to}.html`), `<style>\n${stylesOf(page)}</style>\n<script type="text/javascript">\n${script.replaceAll('</script', '<\\/script')}\n</script>\n`);
  write(join(dist, dirname(to), 'LICENSES.txt'), licences);
}

/** A page that stands by itself: its html, script, styles and licences in a folder. */
async function buildOwnPage(page, to) {
  const { script, licences } = await bundle(page);
  copy(join(src, 'web', page, 'index.html'), join(dist, to, 'index.html'));
  write(join(dist, to, `${page}.js`), `${script}\n`);
  write(join(dist, to, `${page}.css`), read(join(root, 'node_modules/uplot/dist/uPlot.min.css')) + stylesOf(page));
  write(join(dist, to, 'LICENSES.txt'), licences);
}

async function bundle(page) {
  const result = await esbuild({
    entryPoints: [join(src, 'web', page, 'main.ts')], bundle: true, minify: true, write: false, metafile: true, target: 'es2022', format: 'iife',
    tsconfig: join(src, 'web/tsconfig.json'), legalComments: 'none', logLevel: 'error',
  });
  return { script: result.outputFiles[0].text.trim(), licences: licencesOf(Object.keys(result.metafile.inputs)) };
}

function stylesOf(page) {
  return ['shared', page].map((folder) => read(join(src, 'web', folder, 'style.css'))).join('');
}

/** Name, version and licence of each package that the page has taken in. */
function licencesOf(inputs) {
  const names = new Set(inputs.map((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]).filter(Boolean));
  return [...names].sort().map((name) => {
    const folder = join(root, 'node_modules', name);
    const { version, license } = json(join(folder, 'package.json'));
    return `${name} ${version} (${license})\n\n${read(join(folder, readdirSync(folder).find((file) => /^licen[cs]e/i.test(file))))}`;
  }).join('\n\n');
}

/** Copies what the compiler leaves behind below src/`folder`: JSON, and the program that runs algos of Python. */
function copyData(folder) {
  for (const entry of readdirSync(join(src, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) copyData(path);
    else if (['.json', '.py'].includes(extname(path))) copy(join(src, path), join(dist, path));
  }
}

function read(path) {
  return readFileSync(path, 'utf8');
}

function json(path) {
  return JSON.parse(read(path));
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
}
