import type { ConfigDefinition, SavedNumber } from '../shared/migrate.js';

/** What is saved of a stream-producer. */
export type ProducerConfig = {
  version: number;
  name: string;
  /** A live picture under the node in the editor. */
  preview: boolean;
  /** Pixels; empty: from `height`, keeping the aspect; both empty: the source's size. */
  width: SavedNumber;
  /** Pixels; empty: from `width`, keeping the aspect. */
  height: SavedNumber;
  /** Frames a second delivered, at most the source's own; empty: all of them. */
  fps: SavedNumber;
  format: 'bgr24' | 'rgb24' | 'gray8' | 'rgba';
  /** `auto`: libav where it loads, else the ffmpeg program. */
  backend: 'auto' | 'libav' | 'ffmpeg';
  hardware: 'none' | 'auto';
};

/** Saved config of stream-producer. */
export const producerConfig: ConfigDefinition<ProducerConfig> = {
  type: 'stream-producer',
  defaults: {
    version: 1,
    name: '',
    preview: false,
    width: '',
    height: '',
    fps: '',
    format: 'bgr24',
    backend: 'auto',
    hardware: 'none',
  },
  migrations: [],
};
