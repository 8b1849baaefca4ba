import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-sink; user, password and token are credentials. */
export type SinkConfig = {
  version: number;
  name: string;
  kind: 'http' | 'mqtt' | 'redis' | 'postgres' | 'sqlite' | 'jsonl' | 'csv';
  /** Of servers; without user and password. */
  url: string;
  /** Of files; relative ones start from Node-RED's user directory. */
  path: string;
  /** HTTP: `batch` or `single`. */
  body: 'batch' | 'single';
  /** HTTP: a JSON object of texts. */
  headers: string;
  topic: string;
  qos: SavedNumber;
  retain: boolean;
  /** Redis: `stream` or `sorted-set`. */
  redisMode: 'stream' | 'sorted-set';
  key: string;
  most: SavedNumber;
  table: string;
  batch: SavedNumber;
  gather: SavedNumber;
  timeout: SavedNumber;
  /** What waits is kept on disk. */
  spool: boolean;
  spoolMb: SavedNumber;
  whenFull: 'oldest' | 'newest';
};

/** Saved config of stream-sink. */
export const sinkConfig: ConfigDefinition<SinkConfig> = {
  type: 'stream-sink',
  defaults: {
    version: 1,
    name: '',
    kind: 'http',
    url: '',
    path: '',
    body: 'batch',
    headers: '{}',
    topic: 'stream-infer/{stream}/{algo}',
    qos: 1,
    retain: false,
    redisMode: 'stream',
    key: 'results:{algo}',
    most: 100_000,
    table: 'results',
    batch: 100,
    gather: 0.5,
    timeout: 10,
    spool: true,
    spoolMb: 64,
    whenFull: 'oldest',
  },
  migrations: [],
};
