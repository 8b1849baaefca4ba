import { StreamInferError } from '../../runtime/index.js';
import { migrateConfig, type ConfigDefinition } from './migrate.js';
import type { NodePart } from './parts.js';

/** Fields of a node as they are saved. */
export type SavedConfig = Readonly<Record<string, unknown>>;

/** What becomes of a node's settings, for those who have no node. */
export type PartMaker = {
  /** All fields of a new node. */
  readonly defaults: SavedConfig;
  /** The node's own fields, in their newest shape. Throws `OPTION_INVALID` for a version that is not known. */
  readonly config: (saved: SavedConfig) => SavedConfig;
  /** Throws `OPTION_INVALID`. */
  readonly part: (saved: SavedConfig, credentials: SavedConfig) => NodePart;
};

type Kind = NodePart['kind'];

/** What the node types make of their settings; each adds itself when Node-RED loads it. */
export class PartMakers {
  readonly #makers = new Map<Kind, PartMaker>();

  add<Config extends { version: number }>(kind: Kind, definition: ConfigDefinition<Config>, part: (config: Config, credentials: SavedConfig) => NodePart): void {
    const config = (saved: SavedConfig): Config => migrateConfig(definition, saved);
    this.#makers.set(kind, { defaults: definition.defaults, config, part: (saved, credentials) => part(config(saved), credentials) });
  }

  /** Throws `STATE_INVALID` where that type of node is switched off. */
  of(kind: Kind): PartMaker {
    const maker = this.#makers.get(kind);
    if (maker === undefined) throw new StreamInferError('STATE_INVALID', `stream-${kind} is switched off in the palette: switch it on`);
    return maker;
  }
}
