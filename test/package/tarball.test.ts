import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

import { installed, packed, PACKAGE } from './installed.js';
import { must } from './program.js';

type Manifest = { readonly main: string; readonly types: string; readonly bin: Record<string, string>; readonly 'node-red': { readonly nodes: Record<string, string>; readonly plugins: Record<string, string> } };
type Scorecard = { readonly card: { readonly N02: { readonly nodes?: readonly string[] }; readonly D01: { readonly total: number } }; readonly failed: readonly string[]; readonly unread: readonly string[] };

describe('package/tarball', () => {
  let folder: string;
  let files: readonly string[];
  let manifest: Manifest;
  before(async () => {
    folder = (await installed(false)).path(PACKAGE);
    files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(join(folder, name)).isFile());
    manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
  });

  it('holds what package.json speaks of, and a licence', () => {
    const wanted = [manifest.main, manifest.types, ...Object.values(manifest.bin), ...Object.values(manifest['node-red'].nodes), ...Object.values(manifest['node-red'].plugins), 'LICENSE', 'README.md'];
    assert.deepEqual(wanted.filter((name) => !files.includes(name)), []);
  });

  it('holds nothing else than the build, examples and pages', () => {
    const others = files.filter((name) => !/^(dist\/(nodes|plugins|runtime)\/|examples\/|docs\/([\w.-]+\.md|grafana-dashboard\.json)$|schemas\/[\w.-]+\.schema\.json$|(README|README\.zh-CN|CHANGELOG)\.md$|LICENSE$|package\.json$)/.test(name));
    assert.deepEqual(others, []);
    assert.deepEqual(files.filter((name) => /\.test\.|\.tsx?$|\.log$|\.tgz$|\.onnx$|\.mp4$/.test(name) && !name.endsWith('.d.ts')), []);
  });

  it('has in each folder of a node its page, icon and both languages', () => {
    for (const [type, entry] of Object.entries(manifest['node-red'].nodes)) {
      const name = basename(entry, '.js');
      const beside = [`${name}.html`, `icons/${type}.svg`, ...['en-US', 'zh-CN'].flatMap((language) => [`locales/${language}/${name}.json`, `locales/${language}/${name}.html`])];
      assert.deepEqual(beside.filter((path) => !files.includes(join(dirname(entry), path))), [], type);
    }
  });

  it('has the pages of the plugins', () => {
    const pages = ['live/live.html', 'live/LICENSES.txt', ...['index.html', 'studio.js', 'studio.css', 'LICENSES.txt'].map((name) => `studio/page/${name}`)];
    assert.deepEqual(pages.filter((name) => !files.includes(join('dist/plugins', name))), []);
  });

  it('has source maps that hold their sources', () => {
    const maps = files.filter((name) => name.endsWith('.map'));
    for (const name of maps) {
      const { sources, sourcesContent = [] } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as { sources: string[]; sourcesContent?: (string | null)[] };
      assert.ok(sources.every((source, i) => typeof sourcesContent[i] === 'string' || existsSync(resolve(folder, dirname(name), source))), name);
    }
    const named = files.filter((name) => name.endsWith('.js')).flatMap((name) => {
      const map = /^\/\/# sourceMappingURL=(.+)$/m.exec(readFileSync(join(folder, name), 'utf8'))?.[1];
      return map === undefined ? [] : [join(dirname(name), map)];
    });
    assert.deepEqual(named.sort(), maps.sort());
  });

  it('has a command line that can be executed', () => {
    const path = join(folder, manifest.bin['stream-infer'] ?? '');
    assert.match(readFileSync(path, 'utf8'), /^#!\/usr\/bin\/env node\n/);
    assert.notEqual(statSync(path).mode & 0o111, 0);
  });

  it('stays below 2 MB', async () => {
    assert.ok(statSync(await packed()).size < 2e6);
  });

  it('passes every check of Node-RED\'s scorecard', async () => {
    const script = resolve(__dirname, '../../scripts/scorecard.mjs');
    const { card, failed, unread } = JSON.parse(await must(process.execPath, [script, await packed(), '--json'])) as Scorecard;
    assert.deepEqual([failed, unread], [[], []]);
    const types = Object.keys(manifest['node-red'].nodes).filter((type) => type !== 'stream-engine' && type !== 'stream-sink');
    assert.deepEqual(card.N02.nodes?.toSorted(), types.sort());
    assert.ok(card.D01.total <= 6);
  });
});
