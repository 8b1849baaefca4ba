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
  /** Ids of stream-sinks that get each result; empty: none. */
  sink1: string;
  sink2: string;
  sink3: string;
  sink4: string;
};

/** Saved config of stream-dispatcher. */
export const dispatcherConfig: ConfigDefinition<DispatcherConfig> = {
  type: 'stream-dispatcher',
  defaults: { version: 1, name: '', preview: false, buffer: 0, keep: 100, sink1: '', sink2: '', sink3: '', sink4: '' },
  migrations: [],
};
