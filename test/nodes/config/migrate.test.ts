import assert from 'node:assert/strict';

import { migrateConfig, type ConfigDefinition } from '../../../dist/nodes/shared/migrate.js';

type Thing = { version: number; name: string; speed: number; doors: number };

/** Three versions: `pace` (1) became `speed` (2), `doors` came (3). */
const thing: ConfigDefinition<Thing> = {
  type: 'thing',
  defaults: { version: 3, name: '', speed: 1, doors: 4 },
  migrations: [
    { to: 2, up: ({ pace, ...rest }) => ({ ...rest, speed: Number(pace) * 2 }) },
    { to: 3, up: (config) => ({ ...config, doors: config['name'] === 'kart' ? 0 : 4 }) },
  ],
};

describe('migrateConfig', () => {
  const walks = [
    { why: 'both steps', saved: { version: 1, name: 'kart', pace: 5 }, expected: { version: 3, name: 'kart', speed: 10, doors: 0 } },
    { why: 'only the step that is missing', saved: { version: 2, name: 'kart', speed: 7 }, expected: { version: 3, name: 'kart', speed: 7, doors: 0 } },
    { why: 'nothing to do', saved: { version: 3, name: 'a', speed: 3, doors: 2 }, expected: { version: 3, name: 'a', speed: 3, doors: 2 } },
    { why: 'no version: the first', saved: { name: 'a', pace: 1 }, expected: { version: 3, name: 'a', speed: 2, doors: 4 } },
    { why: 'a version saved as text', saved: { version: '2', name: 'a', speed: 3 }, expected: { version: 3, name: 'a', speed: 3, doors: 4 } },
    { why: 'missing and null fields get their default', saved: { version: 3, name: null }, expected: { version: 3, name: '', speed: 1, doors: 4 } },
    {
      why: 'what Node-RED adds is left out',
      saved: { version: 3, id: 'n1', type: 'thing', z: 't', wires: [[]], credentials: { password: 'x' }, name: 'a' },
      expected: { version: 3, name: 'a', speed: 1, doors: 4 },
    },
    { why: 'zero, empty and false are values', saved: { version: 3, name: '', speed: 0, doors: 0 }, expected: { version: 3, name: '', speed: 0, doors: 0 } },
  ];
  for (const { why, saved, expected } of walks) {
    it(why, () => {
      const before = structuredClone(saved);
      assert.deepEqual(migrateConfig(thing, saved), expected);
      assert.deepEqual(saved, before, 'the saved config stays as it was');
    });
  }

  it('a config of a newer release says so', () => {
    assert.throws(() => migrateConfig(thing, { version: 4 }), { code: 'OPTION_INVALID', message: /thing: .*newer release.*version 4.*up to 3/ });
  });

  for (const version of [0, -1, 1.5, 'two', '', {}, Infinity, NaN]) {
    it(`refuses version ${JSON.stringify(version)}`, () => {
      assert.throws(() => migrateConfig(thing, { version }), { code: 'OPTION_INVALID', message: /thing: version: expected a whole number from 1 to 3/ });
    });
  }

  it('a migration that was forgotten is our fault, and said', () => {
    assert.throws(() => migrateConfig({ ...thing, migrations: thing.migrations.slice(0, 1) }, { version: 1 }), { code: 'INTERNAL' });
  });
});
