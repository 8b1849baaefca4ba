import type { SourcePart } from '../shared/parts.js';
import { flagOf, numberOf, textOf } from '../shared/values.js';
import type { SourceConfig, SourceCredentials } from './source.config.js';

/** What a stream-source's saved config and credentials give to a plan. */
export function sourcePart(config: SourceConfig, credentials: SourceCredentials): SourcePart {
  return {
    kind: 'source',
    source: {
      location: textOf(config.location),
      username: textOf(credentials.username),
      // Spaces may belong to it.
      password: credentials.password === '' ? undefined : credentials.password,
      loop: flagOf(config.loop),
      position: numberOf(config.position),
      imageFps: numberOf(config.imageFps),
      rtspTransport: textOf(config.rtspTransport),
      reconnect: flagOf(config.reconnect),
      // a camera that is still off when the flows start is not lost for ever
      retryOpen: flagOf(config.reconnect),
      timeout: numberOf(config.timeout),
      stallTimeout: numberOf(config.stallTimeout),
      frozenAfter: numberOf(config.frozenAfter),
      blackAfter: numberOf(config.blackAfter),
    },
    mode: textOf(config.mode),
    priority: numberOf(config.priority),
    start: config.start === 'message' ? 'message' : 'deploy',
    engineId: config.engine,
  };
}
