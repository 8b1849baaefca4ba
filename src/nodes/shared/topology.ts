/** What a node is to a stream. */
export type NodeKind = 'source' | 'producer' | 'algo' | 'dispatcher' | 'recorder';

/** A node of the flow, as far as wires matter. */
export type GraphNode = {
  readonly id: string;
  readonly type: string;
  readonly name?: string;
  /** Targets of each output. */
  readonly wires: readonly (readonly (string | null)[])[];
  /** In the flow, but not running. */
  readonly disabled?: boolean;
};

/** The flow. */
export type Graph = {
  /** The node of that id; undefined where a wire leads to nothing. */
  readonly node: (id: string) => GraphNode | undefined;
  /** Ids of all stream nodes, in the order they were made. */
  readonly streamNodeIds: readonly string[];
};

/** From where frames come to an algo that stands behind others. */
export type Behind = {
  /** The nearest algos on the ways to it. */
  readonly algoIds: readonly string[];
  /** Another way leads past all algos. */
  readonly andStraight: boolean;
};

/** A source read by a producer, and what hangs on it. Ids in the order of the wires. */
export type StreamTopology = {
  readonly sourceId: string;
  /** Absent: nothing says how the source is read, the defaults do. */
  readonly producerId?: string;
  readonly algoIds: readonly string[];
  /** For algos that frames reach through other algos: from where they come. */
  readonly behind: Readonly<Record<string, Behind>>;
  readonly dispatcherIds: readonly string[];
  readonly recorders: readonly {
    readonly id: string;
    /** The algos between the producer and it. */
    readonly algoIds: readonly string[];
  }[];
};

/** Why a node is in no stream. */
export type Unreached =
  /** No wire leads from a source to it; for a source: to anything that takes its frames. */
  | { readonly why: 'unwired' }
  /** A node that passes no frames on, or is disabled, stands in the way. */
  | { readonly why: 'blocked' | 'disabled'; readonly by: { readonly id: string; readonly type: string; readonly name?: string } };

export type Topology = {
  readonly streams: readonly StreamTopology[];
  /** By node id; stream nodes only. */
  readonly unreached: ReadonlyMap<string, Unreached>;
};

/** A producer's part of what a source reaches. */
type Branch = { readonly algos: Set<string>; readonly dispatchers: Set<string>; readonly recorders: Set<string> };

const KINDS: Readonly<Record<string, NodeKind>> = {
  'stream-source': 'source',
  'stream-producer': 'producer',
  'stream-algo': 'algo',
  'stream-dispatcher': 'dispatcher',
  'stream-recorder': 'recorder',
};

/** What `type` is to a stream; undefined for everybody else's nodes. */
export function kindOf(type: string): NodeKind | undefined {
  return KINDS[type];
}

/**
 * The streams that the wires declare. Frames pass stream nodes, junctions, link nodes and subflows, and stop at all
 * others; results pass all nodes, so that a dispatcher may stand behind a function.
 */
export function resolveTopology(graph: Graph): Topology {
  const blockers = new Map<string, GraphNode>();
  const streams: StreamTopology[] = [];
  const unreached = new Map<string, Unreached>();
  for (const id of graph.streamNodeIds) {
    const source = graph.node(id);
    if (source === undefined || kindOf(source.type) !== 'source') continue;
    const { branches, blocker } = walkFrames(graph, source, blockers);
    const found = streamsOf({ graph, sourceId: id, branches });
    if (found.length === 0) unreached.set(id, unreachedBy(blocker));
    streams.push(...found);
  }
  const reached = new Set(streams.flatMap(membersOf));
  for (const id of graph.streamNodeIds) {
    if (!reached.has(id) && !unreached.has(id)) unreached.set(id, unreachedBy(blockers.get(id)));
  }
  return { streams, unreached };
}

/** Ids of all nodes of a stream, each once. */
export function membersOf(stream: StreamTopology): string[] {
  const producer = stream.producerId === undefined ? [] : [stream.producerId];
  return [stream.sourceId, ...producer, ...stream.algoIds, ...stream.dispatcherIds, ...stream.recorders.map(({ id }) => id)];
}

function unreachedBy(blocker: GraphNode | undefined): Unreached {
  if (blocker === undefined) return { why: 'unwired' };
  const { id, type, name } = blocker;
  return { why: blocker.disabled ? 'disabled' : 'blocked', by: { id, type, ...(name ? { name } : {}) } };
}

/** Everything that the source's frames reach, by the last producer before it (`undefined`: none). */
function walkFrames(graph: Graph, source: GraphNode, blockers: Map<string, GraphNode>): { branches: Map<string | undefined, Branch>; blocker: GraphNode | undefined } {
  const branches = new Map<string | undefined, Branch>();
  let blocker: GraphNode | undefined;
  const seen = new Set<string>();
  const queue: { id: string; producerId: string | undefined }[] = targetsOf(source).map((id) => ({ id, producerId: undefined }));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { id, producerId } = next;
    const node = graph.node(id);
    const key = `${producerId ?? ''}|${id}`;
    if (node === undefined || seen.has(key)) continue;
    seen.add(key);
    const kind = kindOf(node.type);
    if (kind === 'source') continue;
    if (!passesFrames(node)) {
      blocker ??= node;
      markBlocked(graph, node, blockers);
      continue;
    }
    const behind = kind === 'producer' ? id : producerId;
    addTo(branches, behind, { id, kind });
    queue.push(...targetsOf(node).map((target) => ({ id: target, producerId: behind })));
  }
  return { branches, blocker };
}

function addTo(branches: Map<string | undefined, Branch>, producerId: string | undefined, { id, kind }: { id: string; kind: NodeKind | undefined }): void {
  const branch = branches.get(producerId) ?? { algos: new Set(), dispatchers: new Set(), recorders: new Set() };
  branches.set(producerId, branch);
  if (kind === 'algo') branch.algos.add(id);
  if (kind === 'dispatcher') branch.dispatchers.add(id);
  if (kind === 'recorder') branch.recorders.add(id);
}

function streamsOf({ graph, sourceId, branches }: { graph: Graph; sourceId: string; branches: ReadonlyMap<string | undefined, Branch> }): StreamTopology[] {
  const bare = branches.get(undefined);
  const producerCount = branches.size - (bare === undefined ? 0 : 1);
  const streams: StreamTopology[] = [];
  for (const [producerId, branch] of branches) {
    if (producerId === undefined && !needsDefaultProducer(branch, producerCount)) continue;
    const algoIds = [...branch.algos];
    const behindAlgo = new Map(algoIds.map((id) => [id, framesBehind(graph, id)]));
    // A dispatcher wired straight to the source hears of all its streams.
    const dispatchers = new Set([...branch.dispatchers, ...(bare?.dispatchers ?? []), ...algoIds.flatMap((id) => dispatchersBehind(graph, id))]);
    streams.push({
      sourceId,
      ...(producerId === undefined ? {} : { producerId }),
      algoIds,
      behind: behindAlgos(graph, algoIds, producerId ?? sourceId),
      dispatcherIds: [...dispatchers],
      recorders: [...branch.recorders].map((id) => ({ id, algoIds: algoIds.filter((algoId) => behindAlgo.get(algoId)?.has(id)) })),
    });
  }
  return streams;
}

/** A dispatcher alone makes no stream of its own where the source has producers. */
function needsDefaultProducer(branch: Branch, producerCount: number): boolean {
  if (branch.algos.size > 0 || branch.recorders.size > 0) return true;
  return branch.dispatchers.size > 0 && producerCount === 0;
}

/** All nodes that the frames behind `id` reach. */
function framesBehind(graph: Graph, id: string): Set<string> {
  return walk(graph, id, (node) => passesFrames(node) && kindOf(node.type) !== 'source');
}

/** The algos of a stream whose frames come from `firstId` that stand behind others of them. */
function behindAlgos(graph: Graph, algoIds: readonly string[], firstId: string): Record<string, Behind> {
  const next = new Map([firstId, ...algoIds].map((id) => [id, nextAlgos(graph, id)]));
  const behind = algoIds.map((id): [string, Behind] => [
    id, { algoIds: algoIds.filter((before) => before !== id && next.get(before)?.has(id)), andStraight: next.get(firstId)?.has(id) === true },
  ]);
  return Object.fromEntries(behind.filter(([, { algoIds: before }]) => before.length > 0));
}

/** The algos that frames reach from `id` without another one between. */
function nextAlgos(graph: Graph, id: string): Set<string> {
  const found = new Set<string>();
  walk(graph, id, (node) => {
    if (!passesFrames(node) || kindOf(node.type) === 'source' || kindOf(node.type) === 'producer') return false;
    if (kindOf(node.type) !== 'algo') return true;
    found.add(node.id);
    return false;
  });
  return found;
}

/** All dispatchers that an algo's results reach: through any node but those of a stream that keep messages to themselves. */
function dispatchersBehind(graph: Graph, algoId: string): string[] {
  const behind = walk(graph, algoId, (node) => {
    const kind = kindOf(node.type);
    return !node.disabled && (kind === undefined || kind === 'dispatcher');
  });
  return [...behind].filter((id) => kindOf(graph.node(id)?.type ?? '') === 'dispatcher');
}

/** Everything behind a node that passes no frames is out of their reach because of it, unless another way leads there. */
function markBlocked(graph: Graph, blocker: GraphNode, blockers: Map<string, GraphNode>): void {
  for (const id of walk(graph, blocker.id, (node) => kindOf(node.type) !== 'source')) {
    if (!blockers.has(id)) blockers.set(id, blocker);
  }
}

/** Ids of all nodes behind `id` that `enter` lets in, nearest first. */
function walk(graph: Graph, id: string, enter: (node: GraphNode) => boolean): Set<string> {
  const seen = new Set<string>();
  const queue = targetsOf(graph.node(id));
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const node = graph.node(next);
    if (node === undefined || seen.has(next) || !enter(node)) continue;
    seen.add(next);
    queue.push(...targetsOf(node));
  }
  return seen;
}

/** An algo's second output is no part of the pipeline: it asks the flow. */
function targetsOf(node: GraphNode | undefined): string[] {
  const wires = node?.wires ?? [];
  const declaring = node !== undefined && kindOf(node.type) === 'algo' ? wires.slice(0, 1) : wires;
  return declaring.flat().filter((id) => id !== null);
}

/** Node-RED fills a link out's wires with its link ins, and a subflow instance's with the nodes at its entry. */
function passesFrames({ type, disabled }: GraphNode): boolean {
  if (disabled) return false;
  return kindOf(type) !== undefined || type === 'junction' || type === 'link in' || type === 'link out' || type.startsWith('subflow:');
}
