import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-source. */
export type SourceConfig = {
  version: number;
  name: string;
  /** Path, folder or glob of images, URL, `device:…` or `test:…`; without user and password. */
  location: string;
  /** `realtime` (at its own speed, newest frames) or `offline` (every frame, as fast as it goes). */
  mode: 'realtime' | 'offline';
  /** `deploy`: plays when flows start; `message`: waits for one. */
  start: 'deploy' | 'message';
  /** Starts again at the end of a file. */
  loop: boolean;
  /** Seconds from the start at which playing begins. */
  position: SavedNumber;
  /** Frames a second for a folder of images. */
  imageFps: SavedNumber;
  rtspTransport: 'tcp' | 'udp';
  /** A live source that fails is opened again. */
  reconnect: boolean;
  /** Seconds to wait for a source to open. */
  timeout: SavedNumber;
  /** Seconds that a live source may bring no frame. */
  stallTimeout: SavedNumber;
  /** Seconds after which a live picture that does not change, or is black, is told; 0: never. */
  frozenAfter: SavedNumber;
  blackAfter: SavedNumber;
  /** Who goes first where several streams wait for the same algo, −10…10. */
  priority: SavedNumber;
  /** Id of a stream-engine; empty: the default engine that all such sources share. */
  engine: string;
};

/** Kept in Node-RED's credential store, never in the flow. */
export type SourceCredentials = {
  username?: string;
  password?: string;
};

/** Saved config of stream-source. */
export const sourceConfig: ConfigDefinition<SourceConfig> = {
  type: 'stream-source',
  defaults: {
    version: 1,
    name: '',
    location: '',
    mode: 'realtime',
    start: 'deploy',
    loop: false,
    position: 0,
    imageFps: 25,
    rtspTransport: 'tcp',
    reconnect: true,
    timeout: 10,
    stallTimeout: 2,
    frozenAfter: 10,
    blackAfter: 10,
    priority: 0,
    engine: '',
  },
  migrations: [],
};
