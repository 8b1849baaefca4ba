import type { RecorderPart } from '../shared/parts.js';
import { flagOf, numberOf, textOf } from '../shared/values.js';
import type { RecorderConfig } from './recorder.config.js';

/** What a stream-recorder's saved config gives to a plan. */
export function recorderPart(config: RecorderConfig): RecorderPart {
  return {
    kind: 'recorder',
    recorder: {
      path: textOf(config.path),
      overwrite: flagOf(config.overwrite),
      crf: numberOf(config.crf),
      preset: textOf(config.preset),
      enabled: config.start !== 'message',
    },
    draw: flagOf(config.draw),
  };
}
