import type { RecorderPart } from '../shared/parts.js';
import { flagOf, listOf, numberOf, textOf } from '../shared/values.js';
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
      kind: textOf(config.kind),
      // what is hidden in the form may be anything
      ...(config.kind === 'segments' && { segmentLength: times(config.segmentMinutes, 60) }),
      ...(config.kind === 'clips' && { clips: clipsOf(config) }),
      keepFor: times(config.keepHours, 3600),
      keepSize: times(config.keepGb, 1e9),
    },
    draw: flagOf(config.draw),
  };
}

function clipsOf(config: RecorderConfig): Record<string, unknown> {
  return {
    preRoll: numberOf(config.clipPreRoll),
    postRoll: numberOf(config.clipPostRoll),
    maxLength: numberOf(config.clipMaxLength),
    memoryMb: numberOf(config.clipMemoryMb),
    ...(config.clipOn === 'result' && {
      trigger: { labels: listOf(config.clipLabels), minScore: numberOf(config.clipMinScore), minCount: numberOf(config.clipMinCount) },
    }),
  };
}

/** A number in a smaller unit; what is none as it came, for the message. */
function times(value: unknown, factor: number): unknown {
  const number = numberOf(value);
  return typeof number === 'number' ? number * factor : number;
}
