import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-engine. */
export type EngineConfig = {
  version: number;
  name: string;
  /** Execution providers in order of preference, comma separated; the first that works runs. */
  executionProviders: string;
  /** Settings of single providers, a JSON object by their names; empty: none. */
  providerOptions: string;
  /** Cores that decoders, inference and encoders share; 0: all. */
  threads: SavedNumber;
  /** MiB the engine process may take before it is restarted; 0: no limit. */
  memoryLimitMb: SavedNumber;
  /** Path of the ffmpeg program; empty: found by itself. */
  ffmpegPath: string;
  /** Folder that relative paths of models start from; empty: Node-RED's user directory. */
  modelFolder: string;
  /** Folder that relative paths of algo modules start from; empty: Node-RED's user directory. */
  moduleFolder: string;
  /** URL of a folder that has the models of the catalogue as `NAME.onnx`; empty: `STREAM_INFER_MODELS_URL`, else each model's own place. */
  mirror: string;
  /** What messages may have sources play, with commas between: folders, files, beginnings of URLs, `rtsp:`, `device:`, `test:`, `*`; empty: the usual. */
  messageLocations: string;
  /** Its streams are shown by HTTP to who knows the token. */
  live: boolean;
};

/** Saved config of stream-engine. */
export const engineConfig: ConfigDefinition<EngineConfig> = {
  type: 'stream-engine',
  defaults: {
    version: 1,
    name: '',
    executionProviders: 'cpu',
    providerOptions: '{}',
    threads: 0,
    memoryLimitMb: 0,
    ffmpegPath: '',
    modelFolder: '',
    moduleFolder: '',
    mirror: '',
    messageLocations: '',
    live: false,
  },
  migrations: [],
};
