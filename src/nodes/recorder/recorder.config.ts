import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-recorder. */
export type RecorderConfig = {
  version: number;
  name: string;
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
};

/** Saved config of stream-recorder. */
export const recorderConfig: ConfigDefinition<RecorderConfig> = {
  type: 'stream-recorder',
  defaults: {
    version: 1,
    name: '',
    path: 'recordings/{stream}-{date}-{time}.mp4',
    draw: true,
    crf: 23,
    preset: 'veryfast',
    overwrite: false,
    start: 'stream',
  },
  migrations: [],
};
