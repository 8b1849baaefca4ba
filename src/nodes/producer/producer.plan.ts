import type { ProducerPart } from '../shared/parts.js';
import { numberOf, textOf } from '../shared/values.js';
import type { ProducerConfig } from './producer.config.js';

/** What a stream-producer's saved config gives to a plan. */
export function producerPart(config: ProducerConfig): ProducerPart {
  return {
    kind: 'producer',
    producer: {
      width: numberOf(config.width),
      height: numberOf(config.height),
      fps: numberOf(config.fps),
      format: textOf(config.format),
      backend: textOf(config.backend),
      hardware: textOf(config.hardware),
    },
  };
}
