import { StreamInferError } from '../../runtime/index.js';

/** A number as Node-RED stores it: a number, its text from a form, or text put in for `${ENV}`; '' where it may be empty. */
export type SavedNumber = number | string;

/** One step between two shapes of a saved config. */
export type Migration = {
  /** The version that `up` makes out of the one before it. */
  readonly to: number;
  /** Gives the config's new shape; leaves its argument as it is. */
  readonly up: (config: Readonly<Record<string, unknown>>) => Record<string, unknown>;
};

/** All that is known of one node type's saved config. */
export type ConfigDefinition<Config extends { version: number }> = {
  /** The node's type, for messages. */
  readonly type: string;
  /** Every field with its default; `version` is the newest one. The same values stand in the node's html. */
  readonly defaults: Readonly<Config>;
  /** In rising order of `to`, one for each version after the first. */
  readonly migrations: readonly Migration[];
};

/**
 * The newest shape of a saved config: migrations are walked, missing fields get their default, and what is not the
 * node's own (id, wires, credentials …) is left out. A config without a version is one of version 1. Values are not
 * checked here; the plan made of them is. Throws `OPTION_INVALID` for a version that this release does not know.
 */
export function migrateConfig<Config extends { version: number }>(definition: ConfigDefinition<Config>, saved: object): Config {
  const { type, defaults, migrations } = definition;
  let config: Readonly<Record<string, unknown>> = { ...saved };
  let version = knownVersion(config['version'] ?? 1, definition);
  for (const { to, up } of migrations) {
    if (to <= version) continue;
    config = up(config);
    version = to;
  }
  if (version !== defaults.version) {
    throw new StreamInferError('INTERNAL', `${type}: no migration leads from version ${version} to ${defaults.version}`);
  }
  const fields = Object.entries(defaults).map(([key, value]: [string, unknown]) => [key, config[key] ?? value]);
  return { ...(Object.fromEntries(fields) as Config), version };
}

function knownVersion<Config extends { version: number }>(given: unknown, definition: ConfigDefinition<Config>): number {
  const newest = definition.defaults.version;
  const version = Number(given);
  if (!Number.isInteger(version) || version < 1) {
    throw new StreamInferError('OPTION_INVALID', `${definition.type}: version: expected a whole number from 1 to ${newest}, got ${JSON.stringify(given)}`);
  }
  if (version > newest) {
    throw new StreamInferError(
      'OPTION_INVALID',
      `${definition.type}: this flow was saved by a newer release (config version ${version}, known up to ${newest}): update @stream-infer/node-red`,
    );
  }
  return version;
}
