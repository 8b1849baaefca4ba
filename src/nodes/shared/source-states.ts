import { isDeepStrictEqual } from 'node:util';

import type { SourcePart } from './parts.js';
import type { SourceOverrides } from './plan-builder.js';
import type { StreamNode } from './node-api.js';

/** What messages did to a source; kept over deploys while its own settings stay. */
export type SourceState = { readonly part: SourcePart; playing: boolean; overrides: SourceOverrides };

/** The sources that are wired to something, and whether they play. */
export class SourceStates {
  readonly #states = new Map<string, SourceState>();

  get(sourceId: string): SourceState | undefined {
    return this.#states.get(sourceId);
  }

  /** After a deploy: each starts with what its settings say, unless messages said otherwise and the settings are the same still. */
  update(sourceIds: ReadonlySet<string>, partOf: (sourceId: string) => SourcePart | undefined): void {
    for (const id of this.#states.keys()) {
      if (!sourceIds.has(id)) this.#states.delete(id);
    }
    for (const id of sourceIds) {
      const part = partOf(id);
      if (part === undefined || isDeepStrictEqual(this.#states.get(id)?.part, part)) continue;
      this.#states.set(id, { part, playing: part.start === 'deploy', overrides: {} });
    }
  }

  /** What takes the place of its settings, so that its streams can be planned. */
  overridesOf(sourceId: string): SourceOverrides {
    const { part, overrides = {} } = this.#states.get(sourceId) ?? {};
    // It says what to play when it says start; until then a stand-in lets the rest of the plan be checked.
    const awaitsLocation = part?.start === 'message' && part.source['location'] === undefined && overrides.location === undefined;
    return awaitsLocation ? { ...overrides, location: 'test:' } : overrides;
  }

  clear(): void {
    this.#states.clear();
  }
}

/** What a node gives as a source; undefined where it is none, or its settings are wrong. */
export function sourcePartOf(node: StreamNode | undefined): SourcePart | undefined {
  try {
    const part = node?.part();
    return part?.kind === 'source' ? part : undefined;
  } catch {
    return undefined;
  }
}
