import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-recorder. */
export type RecorderConfig = {
  version: number;
  name: string;
  /** A live picture under the node in the editor. */
  preview: boolean;
  /** Where the mp4 goes, with `{stream}`, `{date}`, `{time}`, `{epoch}`; relative: from Node-RED's user directory. */
  path: string;
  /** Draws boxes, labels and scores of the algos upstream. */
  draw: boolean;
  /** x264's constant rate factor, 0…51. */
  crf: SavedNumber;
  preset: 'ultrafast' | 'superfast' | 'veryfast' | 'faster' | 'fast' | 'medium' | 'slow';
  /** Writes over an existing file of that name. */
  overwrite: boolean;
  /** `stream`: records from the stream's start; `message`: waits for one. */
  start: 'stream' | 'message';
  /** One file a run, files of a length, or files around events. */
  kind: 'run' | 'segments' | 'clips';
  /** Of segments: minutes of a file. */
  segmentMinutes: SavedNumber;
  /** Of clips: `message`: only messages make one; `result`: results too, by the three fields that follow. */
  clipOn: 'message' | 'result';
  /** Comma-separated; empty: every label. */
  clipLabels: string;
  /** 0…1. */
  clipMinScore: SavedNumber;
  /** Things at once. */
  clipMinCount: SavedNumber;
  /** Seconds before and behind an event, and at most in a file. */
  clipPreRoll: SavedNumber;
  clipPostRoll: SavedNumber;
  clipMaxLength: SavedNumber;
  /** MiB of encoded frames before an event. */
  clipMemoryMb: SavedNumber;
  /** Hours for which files are kept; empty: for ever. */
  keepHours: SavedNumber;
  /** GB (1000³ bytes) that files may have together; empty: no limit. */
  keepGb: SavedNumber;
};

/** Saved config of stream-recorder. */
export const recorderConfig: ConfigDefinition<RecorderConfig> = {
  type: 'stream-recorder',
  defaults: {
    version: 1,
    name: '',
    preview: false,
    path: 'recordings/{stream}-{date}-{time}.mp4',
    draw: true,
    crf: 23,
    preset: 'veryfast',
    overwrite: false,
    start: 'stream',
    kind: 'run',
    segmentMinutes: 10,
    clipOn: 'message',
    clipLabels: '',
    clipMinScore: 0,
    clipMinCount: 1,
    clipPreRoll: 5,
    clipPostRoll: 5,
    clipMaxLength: 120,
    clipMemoryMb: 64,
    keepHours: '',
    keepGb: '',
  },
  migrations: [],
};
