import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-dispatcher. */
export type DispatcherConfig = {
  version: number;
  name: string;
  /** A live picture under the node in the editor. */
  preview: boolean;
  /** Frames kept for windows; raised to what the algos need; 0: just that. */
  buffer: SavedNumber;
  /** Results kept for queries, per stream and algo. */
  keep: SavedNumber;
};

/** Saved config of stream-dispatcher. */
export const dispatcherConfig: ConfigDefinition<DispatcherConfig> = {
  type: 'stream-dispatcher',
  defaults: { version: 1, name: '', preview: false, buffer: 0, keep: 100 },
  migrations: [],
};
