/** What each node gives to the plan of its streams. Values are as they were saved: the plan's schemas check them. */

/** Fields of a plan, not checked yet. */
export type Raw = Readonly<Record<string, unknown>>;

/** What a stream-engine says of how its streams run; checked. */
export type EngineSettings = {
  readonly executionProviders: readonly string[];
  /** As in a plan; checked there. */
  readonly providerOptions?: unknown;
  /** Cores to use; 0: all. */
  readonly threads: number;
  /** MiB; 0: no limit. */
  readonly memoryLimitMb: number;
  readonly ffmpegPath?: string;
  /** URL of a mirror of the catalogue. */
  readonly mirror?: string;
  /** Absolute paths. */
  readonly modelFolder: string;
  /** True: the folder was set up, and absolute paths of models stay in it too. */
  readonly modelsOnlyFromFolder: boolean;
  readonly moduleFolder: string;
  /** What messages may have sources play; see `MessageLocation`. */
  readonly messageLocations: readonly string[];
  /** Who knows it may see its streams by `RED.httpNode`; absent: nobody may. */
  readonly liveToken?: string;
};

export type SourcePart = {
  readonly kind: 'source';
  /** Of `sourceSchema`. */
  readonly source: Raw;
  readonly mode: unknown;
  readonly priority: unknown;
  readonly start: 'deploy' | 'message';
  /** Id of a stream-engine; empty: the default one. */
  readonly engineId: string;
};

export type ProducerPart = {
  readonly kind: 'producer';
  /** Of `producerSchema`. */
  readonly producer: Raw;
};

export type AlgoPart = {
  readonly kind: 'algo';
  /** What it is called where the node has no name. */
  readonly defaultName: string;
  /** Of `cropsSchema`, without `of`, for where it is wired behind an algo; absent: it runs on frames there too. */
  readonly crops?: Raw | undefined;
  /** Of `algoSchema`, without id, name and crops. Throws `OPTION_INVALID`. */
  readonly algo: (engine: EngineSettings) => Raw;
};

export type DispatcherPart = {
  readonly kind: 'dispatcher';
  /** Frames kept at least. */
  readonly buffer: unknown;
};

export type RecorderPart = {
  readonly kind: 'recorder';
  /** Of `recorderSchema`, without id, algos and draw. */
  readonly recorder: Raw;
  readonly draw: unknown;
};

export type NodePart = SourcePart | ProducerPart | AlgoPart | DispatcherPart | RecorderPart;

/** Of a stream whose source names no stream-engine. */
export function defaultEngineSettings(userDir: string): EngineSettings {
  return { executionProviders: ['cpu'], threads: 0, memoryLimitMb: 0, modelFolder: userDir, modelsOnlyFromFolder: false, moduleFolder: userDir, messageLocations: [] };
}
