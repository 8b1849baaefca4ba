import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { lockedPackages, ROOT, runTimeDependencies } from '../../scripts/dependencies.js';
import { type Ended, must, run } from './program.js';

const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs');
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Record<string, Readonly<Record<string, string>> | undefined>;

describe('package/dependencies', () => {
  let folder: string;
  before(() => { folder = mkdtempSync(join(tmpdir(), 'stream-infer-lock-')); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  describe('package-lock.json', () => {
    it('is in step with package.json: npm would write the same', async () => {
      for (const name of ['package.json', 'package-lock.json', '.npmrc'].filter((file) => existsSync(join(ROOT, file)))) copyFileSync(join(ROOT, name), join(folder, name));
      await must('npm', ['install', '--package-lock-only', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
      assert.equal(readFileSync(join(folder, 'package-lock.json'), 'utf8'), readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
    });

    it('has a strong checksum for every package that npm fetches', () => {
      const without = lockedPackages().filter(([, { inBundle, integrity }]) => !inBundle && !integrity?.startsWith('sha512-'));
      assert.deepEqual(without.map(([path]) => path), []);
    });

    it('fetches from the registry alone: no other host, no git, no links', () => {
      const elsewhere = lockedPackages().filter(([, { resolved = 'https://registry.npmjs.org/' }]) => !resolved.startsWith('https://registry.npmjs.org/'));
      assert.deepEqual(elsewhere.map(([path]) => path), []);
      for (const kind of ['dependencies', 'optionalDependencies', 'devDependencies']) {
        for (const [name, range] of Object.entries(manifest[kind] ?? {})) assert.match(range, /^[~^]?\d+(\.\d+){1,2}$/, name);
      }
    });
  });

  it('npm run sbom: everything that users may get, with a licence, the same each time', async () => {
    const files = ['first.json', 'second.json'].map((name) => join(folder, name));
    await Promise.all(files.map((file) => must(process.execPath, [TSX, 'scripts/sbom.ts', file], { cwd: ROOT })));
    const [first = '', second] = files.map((file) => readFileSync(file, 'utf8'));
    assert.equal(first, second);
    type Component = { readonly name: string; readonly version: string; readonly scope: string; readonly licenses: readonly unknown[]; readonly hashes?: readonly unknown[]; readonly components?: readonly { readonly name: string }[] };
    const bom = JSON.parse(first) as { readonly bomFormat: string; readonly components: readonly Component[]; readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[] };
    assert.equal(bom.bomFormat, 'CycloneDX');
    const ids = bom.components.map(({ name, version }) => `${name}@${version}`);
    assert.deepEqual([...new Set(ids)].sort(), runTimeDependencies().map(({ name, version }) => `${name}@${version}`).sort());
    assert.ok(bom.components.every(({ licenses, hashes = [] }) => licenses.length > 0 && hashes.length > 0));
    const needed = (of: readonly { readonly name: string; readonly version: string }[]): readonly string[] => of.map(({ name, version }) => `${name}@${version}`).sort();
    assert.deepEqual(needed(bom.components.filter(({ scope }) => scope === 'required')), needed(runTimeDependencies().filter(({ optional }) => !optional)));
    const direct = bom.dependencies.find(({ ref }) => ref.startsWith('@stream-infer/node-red@'))?.dependsOn.map((id) => id.slice(0, id.lastIndexOf('@')));
    assert.deepEqual([...(direct ?? [])].sort(), Object.keys({ ...manifest['dependencies'], ...manifest['optionalDependencies'] }).sort());
    const binaries = bom.components.filter(({ name }) => name.startsWith('@seydx/node-av-'));
    assert.ok(binaries.length > 0 && binaries.every(({ components }) => components?.[0]?.name === 'FFmpeg'));
  });

  describe('npm run audit', () => {
    it('a registry that does not answer is no clean audit', async () => {
      const { code, stderr } = await audit(undefined);
      assert.equal(code, 2, stderr);
      assert.match(stderr, /NOT DONE.*did not answer.*405/);
    });

    it('a hole of high severity fails, a moderate one does not, one that is accepted is told with its reason', async () => {
      const about = (id: string, severity: string): object => ({ id: id.length, url: `https://github.com/advisories/${id}`, title: 'a hole', severity, vulnerable_versions: '*', cwe: [], cvss: { score: 0 } });
      const accepted = { ip: [about('GHSA-2p57-rm9w-gvfp', 'high')], zod: [about('GHSA-moderate', 'moderate')] };
      const [fine, grave] = await Promise.all([audit(accepted), audit({ ...accepted, munkres: [about('GHSA-grave', 'critical')] })]);
      assert.equal(fine.code, 0, fine.stdout + fine.stderr);
      assert.match(fine.stdout, /^audit: ip, high: .*; accepted: .*werift/m);
      assert.equal(grave.code, 1, grave.stdout + grave.stderr);
      assert.match(grave.stdout, /^audit: munkres, critical: a hole/m);
      assert.match(grave.stdout, /^audit: 1 of high severity or above, 1 accepted$/m);
    });

    it('the real registry knows no hole of high severity', async function () {
      const { code, stdout, stderr } = await run(process.execPath, [TSX, 'scripts/audit.ts'], { cwd: ROOT });
      if (code === 2) {
        if (this.test) this.test.title += ` (not known: ${stderr.trim().split('\n').at(-1) ?? ''})`;
        return this.skip();
      }
      assert.equal(code, 0, stdout);
    });
  });
});

/** The audit against a registry that knows these advisories and, undefined, against one that has no audit. */
async function audit(advisories: Readonly<Record<string, object>> | undefined): Promise<Ended> {
  const server: Server = createServer((request, response) => {
    request.resume().once('end', () => {
      const known = advisories !== undefined && request.url?.endsWith('/advisories/bulk');
      response.writeHead(known ? 200 : 405, { 'content-type': 'application/json' }).end(JSON.stringify(known ? advisories : {}));
    });
  });
  await new Promise<void>((listening) => { server.listen(0, '127.0.0.1', listening); });
  const registry = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  try {
    return await run(process.execPath, [TSX, 'scripts/audit.ts'], { cwd: ROOT, env: { npm_config_registry: registry } });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
