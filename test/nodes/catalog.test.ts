import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { catalog, distText, editorDefinition, editorNode, LANGUAGES, NODES, type NodeName } from '../support/editor-html.js';

const root = resolve(__dirname, '../..');

/** Keys of texts that a node's own html asks for: `data-i18n="[title]a.b"`, `_('a.b')` and keys handed on as text. */
function keysUsed(node: NodeName): Set<string> {
  const html = distText(node, `${node}.html`);
  const inForm = [...html.matchAll(/data-i18n="(?:\[\w+\])?([^"]+)"/g)].map(([, key]) => key ?? '');
  const inScript = [...html.matchAll(/'((?:[a-z-]+\.)+[a-zA-Z0-9-]+)'/g)].map(([, key]) => key ?? '');
  const ofFields = [...html.matchAll(/forms\.(?:number|oneOf|checked)\('(\w+)'/g)].map(([, field]) => `label.${field ?? ''}`);
  const shared = ['number', 'above', 'whole'].map((kind) => `shared.expected.${kind}`);
  const examples = [...html.matchAll(/\{ name: '([a-z-]+)', value/g)].map(([, name]) => `examples.${name ?? ''}`);
  const used = [...inForm, ...inScript, ...ofFields, ...shared, ...examples, 'palette-label'];
  return new Set(used.filter((key) => !key.endsWith('.svg') && !key.startsWith('stream-')));
}

describe('catalogs', () => {
  for (const node of NODES) {
    it(`${node}: both languages have the same keys, filled`, () => {
      const [english, chinese] = LANGUAGES.map((language) => catalog(node, language));
      assert.deepEqual([...(chinese?.keys() ?? [])].sort(), [...(english?.keys() ?? [])].sort());
      for (const [key, text] of [...(english ?? []), ...(chinese ?? [])]) assert.notEqual(text.trim(), '', key);
    });

    it(`${node}: both languages fill in the same values`, () => {
      const [english, chinese] = LANGUAGES.map((language) => catalog(node, language));
      const valuesIn = (text: string | undefined): string[] => [...(text ?? '').matchAll(/__(\w+?)__/g)].map(([, name]) => name ?? '').sort();
      for (const [key, text] of english ?? []) assert.deepEqual(valuesIn(chinese?.get(key)), valuesIn(text), key);
    });

    it(`${node}: every text that the html asks for is there`, () => {
      const known = catalog(node, 'en-US');
      assert.deepEqual([...keysUsed(node)].filter((key) => !known.has(key)), []);
    });

    it(`${node}: no text is there for nothing`, () => {
      const used = keysUsed(node);
      const unused = [...catalog(node, 'en-US').keys()].filter((key) => !used.has(key) && !/^(shared|badge|palette)\./.test(key));
      assert.deepEqual(unused, []);
    });

    it(`${node}: the Chinese catalog is Chinese`, () => {
      const english = catalog(node, 'en-US');
      const same = [...catalog(node, 'zh-CN')].filter(([key, text]) => text === english.get(key) && /[a-z]{3}.* /i.test(text.replace(/__\w+?__/g, '')));
      assert.deepEqual(same, []);
    });
  }

  it('shared texts are used by some node', () => {
    const used = new Set(NODES.flatMap((node) => [...keysUsed(node)]));
    const unused = [...catalog('algo', 'en-US').keys()].filter((key) => key.startsWith('shared.') && !used.has(key));
    assert.deepEqual(unused, []);
  });

  it('the palette group has a name in both languages', () => {
    for (const node of NODES.filter((name) => name !== 'engine' && name !== 'sink')) {
      assert.equal(editorDefinition(node).category, 'stream_infer');
      assert.equal(catalog(node, 'en-US').get('palette.label.stream_infer'), 'stream infer');
      assert.equal(catalog(node, 'zh-CN').get('palette.label.stream_infer'), '流式推理');
    }
  });
});

describe('help', () => {
  const SECTIONS = { 'en-US': ['### Inputs', '### Outputs', '### Details'], 'zh-CN': ['### 输入', '### 输出', '### 详细'] };

  for (const node of NODES) {
    for (const language of LANGUAGES) {
      it(`${node} in ${language}`, () => {
        const help = distText(node, `locales/${language}/${node}.html`);
        const [, text] = new RegExp(`^<script type="text/markdown" data-help-name="stream-${node}">\\n([\\s\\S]*)</script>\\n$`).exec(help) ?? [];
        assert.ok(text, 'one markdown script, named after the node');
        const headings = text.split('\n').filter((line) => line.startsWith('### '));
        assert.deepEqual(headings, SECTIONS[language]);
        for (const line of text.split('\n').filter((one) => one.startsWith(': '))) {
          assert.match(line, /^: [a-z]+ \([a-z|]+\) : [^:]+$/, 'Node-RED reads a property only on one line, without another colon');
        }
        assert.doesNotMatch(text, /^: .*\n {2}/m, 'a property does not go on in the next line');
        const tooltip = text.split('\n\n')[0] ?? '';
        assert.ok(tooltip.length > 15 && tooltip.length < 200, `the first paragraph is the palette's tooltip: ${tooltip}`);
      });
    }
  }
});

describe('what the palette shows', () => {
  const shown = NODES.filter((name) => name !== 'engine' && name !== 'sink');

  it('every node has an icon of its own beside its html', () => {
    for (const node of shown) {
      const { icon } = editorDefinition(node);
      assert.equal(icon, `stream-${node}.svg`);
      const svg = readFileSync(resolve(root, 'dist/nodes', node, 'icons', icon), 'utf8');
      assert.match(svg, /^<svg [^>]*width="40" height="60"/);
      assert.deepEqual([...svg.matchAll(/#[0-9a-f]{3,6}/gi)].map(([colour]) => colour).filter((colour) => colour !== '#fff'), []);
    }
    assert.ok(existsSync(resolve(root, 'icons/stream-engine.svg')));
  });

  it('colours differ, names come from the catalog', () => {
    assert.equal(new Set(shown.map((node) => editorDefinition(node).color)).size, shown.length);
    for (const node of NODES) assert.equal(editorDefinition(node).paletteLabel.call(editorNode(node)), catalog(node, 'en-US').get('palette-label'));
  });

  it('only the recorder, where flows end, stands to the right', () => {
    assert.deepEqual(NODES.filter((node) => editorDefinition(node).align === 'right'), ['recorder']);
  });

  it('every port has a name', () => {
    for (const node of shown) {
      const definition = editorDefinition(node);
      assert.equal(definition.inputs, 1);
      assert.equal(definition.outputs, node === 'dispatcher' ? 2 : 1);
      const labels = [definition.inputLabels.call(editorNode(node)), ...Array.from({ length: definition.outputs }, (_, i) => definition.outputLabels.call(editorNode(node), i))];
      assert.equal(new Set(labels).size, labels.length);
      for (const label of labels) assert.doesNotMatch(label, /^port\./);
    }
  });

  it('the forms use the colours of the theme', () => {
    for (const node of NODES) {
      const [, style] = /<style>([\s\S]*?)<\/style>/.exec(distText(node, `${node}.html`)) ?? [];
      assert.ok(style);
      assert.doesNotMatch(style, /#[0-9a-f]{3,8}\b|rgba?\(/i);
    }
  });

  it('user and password are credentials, not part of the flow', () => {
    const { credentials, defaults } = editorDefinition('source');
    // Other realm: compared as text.
    assert.equal(JSON.stringify(credentials), '{"username":{"type":"text"},"password":{"type":"password"}}');
    assert.ok(!('username' in defaults) && !('password' in defaults));
  });
});
