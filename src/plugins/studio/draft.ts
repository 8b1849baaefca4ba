import { z } from 'zod';

import { StreamInferError } from '../../runtime/index.js';
import type { Coordinator } from '../../nodes/shared/coordinator.js';
import { admit, USUAL } from '../../nodes/shared/message-locations.js';
import type { NodePart } from '../../nodes/shared/parts.js';
import { buildStream, streamIdOf } from '../../nodes/shared/plan-builder.js';
import type { PlannedStream } from '../../nodes/shared/stream-run.js';
import type { Behind, StreamTopology } from '../../nodes/shared/topology.js';
import type { Draft, DraftNode } from './contract.js';
import type { SavedNodes } from './saved-nodes.js';

const config = z.record(z.string().max(64), z.union([z.string().max(100_000), z.number(), z.boolean()]));
const nodeId = z.string().min(1).max(256).optional();
const key = z.string().regex(/^[\w-]{1,64}$/, 'expected up to 64 letters, digits, _ or -');

export const loginSchema = z.strictObject({ username: z.string().max(1000).optional(), password: z.string().max(1000).optional() });

export const draftSchema = z.strictObject({
  source: z.strictObject({ id: nodeId, config, login: loginSchema.optional() }),
  producer: z.strictObject({ id: nodeId, config }),
  algos: z.array(z.strictObject({ id: nodeId, key, behind: key.optional(), config })).max(16).superRefine((algos, context) => {
    const known = new Set<string>();
    for (const [i, algo] of algos.entries()) {
      if (known.has(algo.key) || RESERVED.has(algo.key)) context.addIssue({ code: 'custom', path: [i, 'key'], message: 'expected one that is not taken', input: algo.key });
      if (algo.behind !== undefined && !known.has(algo.behind)) context.addIssue({ code: 'custom', path: [i, 'behind'], message: 'expected the key of an algo before it', input: algo.behind });
      known.add(algo.key);
    }
  }),
});

/** Keys of the other two parts in a plan that is built. */
const RESERVED: ReadonlySet<string> = new Set(['source', 'producer', 'default']);

/** What a draft is made into a stream with. */
export type DraftPlace = { readonly coordinator: Coordinator; readonly saved: SavedNodes };

/** The id of the stream that the session of that name plays. */
export function streamIdFor(session: string): string {
  return streamIdOf({ ...EMPTY, sourceId: session, producerId: 'producer' });
}

const EMPTY: StreamTopology = { sourceId: '', algoIds: [], behind: {}, dispatcherIds: [], recorders: [] };

/** The stream that a draft describes. Throws `OPTION_INVALID`, which names the part that is wrong. */
export function planOf(draft: Draft, session: string, place: DraftPlace): PlannedStream {
  const parts = partsOf(draft, session, place);
  const topology: StreamTopology = {
    ...EMPTY,
    sourceId: session,
    producerId: 'producer',
    algoIds: draft.algos.map((algo) => algo.key),
    behind: Object.fromEntries(draft.algos.flatMap((algo): [string, Behind][] => (algo.behind === undefined ? [] : [[algo.key, { algoIds: [algo.behind], andStraight: false }]]))),
  };
  const { coordinator } = place;
  const node = (id: string): { name: string; part: NodePart } => parts.get(id) ?? raise(id);
  const built = buildStream(topology, { node, engine: (id) => coordinator.engineSettings(id), folder: coordinator.folder }, { several: false, overrides: {} });
  if ('plan' in built) return built;
  const [[where, error] = raise(session)] = built.problems;
  const algo = draft.algos.findIndex((one) => one.key === where);
  throw new StreamInferError(error.code, algo < 0 ? error.message : `algo ${algo + 1}: ${error.message}`);
}

function raise(id: string): never {
  throw new StreamInferError('INTERNAL', `the studio lost part ${id}`);
}

function partsOf({ source, producer, algos }: Draft, session: string, { coordinator, saved }: DraftPlace): Map<string, { name: string; part: NodePart }> {
  const make = (kind: 'source' | 'producer' | 'algo', node: DraftNode, address: string): { name: string; part: NodePart } => {
    const login = kind === 'source' ? source.login : {};
    const part = coordinator.makers.of(kind).part(saved.evaluated(node), { ...saved.credentialsFor(node, address), ...login });
    return { name: String(node.config['name'] ?? '').trim(), part };
  };
  return new Map([
    [session, make('source', source, 'location')],
    ['producer', make('producer', producer, '')],
    ...algos.map((algo, i): [string, { name: string; part: NodePart }] => {
      // frames of such an algo go through the flow, and there is none
      if (algo.config['kind'] === 'flow') throw new StreamInferError('OPTION_INVALID', `algo ${i + 1}: kind: an algo that a flow answers cannot be tried out here: deploy it`);
      return [algo.key, make('algo', algo, 'remoteUrl')];
    }),
  ]);
}

/**
 * Rejects with `OPTION_INVALID` for a location that is neither that of a deployed source nor allowed by the engine. Whoever may
 * deploy may name a camera of this machine, unless the engine has a list of its own.
 */
export async function admitSource(draft: Draft, { plan, engine }: PlannedStream, { coordinator, saved }: DraftPlace): Promise<void> {
  if (saved.isAsDeployed(draft.source, 'location')) return;
  await admit({ location: plan.source.location, allowed: allowedOf(engine.messageLocations), folder: coordinator.folder, from: 'studio' });
}

/** What the studio may play of an engine whose list is this. */
export function allowedOf(listed: readonly string[]): readonly string[] {
  return listed.length > 0 ? listed : [...USUAL, 'device:'];
}
