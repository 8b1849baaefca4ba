import { StreamInferError, systemClock, toWire, type Clock, type FlowRequest, type SourceOptions, type StreamCommand, type StreamEvent, type StreamPlan, type WireError } from '../../runtime/index.js';
import { EnginePool, type EngineEvent, type EngineFactory, type RunningEngine } from './engine-pool.js';
import { flowGraph } from './flow-graph.js';
import { FlowRequests } from './flow-requests.js';
import { GuestStreams } from './guest-streams.js';
import { defaultEngineSettings, type EngineSettings } from './parts.js';
import { buildStream, sourcePlan, streamIdOf, type BuiltStream, type PlanParts, type SourceOverrides } from './plan-builder.js';
import { admit } from './message-locations.js';
import { HeldNews, stateTopic, type News } from './news.js';
import type { NodeProblem, SourceRequest, StreamNode, StreamRef } from './node-api.js';
import { PartMakers } from './part-makers.js';
import type { Red, RedFlowsEvent } from './red.js';
import { sourcePartOf, SourceStates } from './source-states.js';
import { StreamRun, type PlannedStream } from './stream-run.js';
import { membersOf, resolveTopology, type StreamTopology, type Topology } from './topology.js';
import { without } from './values.js';

/** A stream that the flow declares. */
export type DeployedStream = { readonly ref: StreamRef; readonly topology: StreamTopology; readonly run: StreamRun };

type Stream = {
  ref: StreamRef;
  topology: StreamTopology;
  readonly run: StreamRun;
  /** The last event of each kind that says how the stream is; for nodes that a deploy makes anew. */
  readonly latest: Map<string, StreamEvent>;
};

/** A deploy whose flows do not start again within this time (missing node types …) stops the streams. */
const START_GRACE_MS = 20_000;
/** Docker gives a process 10 s to end. */
const CLOSE_MS = 9_500;

/**
 * Turns the wires into streams after every deploy, and hands what engines tell to the nodes. One for a Node-RED.
 *
 * Nodes come and go with every full deploy, streams do not: between `flows:stopping` and `flows:started` engines work on
 * and their news are kept; then only what changed is started, stopped or replaced. A stop that no start follows
 * (shutdown) is known by its config: a deploy brings a new one.
 */
export class Coordinator {
  /** What node types make of their settings. */
  readonly makers = new PartMakers();
  /** Streams beside those of the flow. */
  readonly guests: GuestStreams;
  readonly #red: Red;
  readonly #clock: Clock;
  readonly #pool: EnginePool;
  readonly #nodes = new Map<string, StreamNode>();
  readonly #engines = new Map<string, () => EngineSettings>();
  readonly #streams = new Map<string, Stream>();
  readonly #sources = new SourceStates();
  /** Sources whose next location is being looked at. */
  readonly #admitting = new Map<string, Promise<void>>();
  #topology: Topology = { streams: [], unreached: new Map() };
  #phase: 'started' | 'stopping' | 'stopped' = 'stopped';
  #config: unknown = undefined;
  readonly #held = new HeldNews();
  readonly #requests = new FlowRequests();
  readonly #watchers = new Set<(news: News) => void>();
  #grace: AbortController | undefined;
  #closing: Promise<void> | undefined;

  constructor(red: Red, openEngine: EngineFactory, clock: Clock = systemClock) {
    this.#red = red;
    this.#clock = clock;
    this.#pool = new EnginePool(openEngine, {
      onResult: (result) => { this.#take({ kind: 'result', result }); },
      onEvent: (event) => { this.#take({ kind: 'event', event }); },
      onFlowRequest: (request) => { this.#onFlowRequest(request); },
      onFlowOver: (requestId) => { this.#requests.take(requestId); },
      onEngine: (event, streamIds) => { this.#onEngine(event, streamIds); },
    });
    this.guests = new GuestStreams(this.#pool);
    red.events.on('flows:starting', ({ config }) => { this.#config = config; });
    red.events.on('flows:stopping', (event) => { this.#onStopping(event); });
    red.events.on('flows:stopped', () => { this.#onStopped(); });
    red.events.on('flows:started', (event) => { this.#onStarted(event); });
  }

  /** From its constructor on, until its close. */
  add(node: StreamNode): void {
    this.#nodes.set(node.id, node);
  }

  /** Resolves when Node-RED may go on: at once in a deploy, after the engines are closed in a shutdown. */
  async remove(node: StreamNode): Promise<void> {
    if (this.#nodes.get(node.id) === node) this.#nodes.delete(node.id);
    await this.#closing;
  }

  /** A stream-engine; `settings` throws `OPTION_INVALID`. */
  addEngine(id: string, settings: () => EngineSettings): void {
    this.#engines.set(id, settings);
  }

  async removeEngine(id: string): Promise<void> {
    this.#engines.delete(id);
    await this.#closing;
  }

  /** Folder that relative paths start from. */
  get folder(): string {
    return this.#red.settings.userDir ?? process.cwd();
  }

  /** Settings of a stream-engine; `''`: the default ones. Throws `OPTION_INVALID`. */
  engineSettings(id: string): EngineSettings {
    if (id === '') return defaultEngineSettings(this.folder);
    const settings = this.#engines.get(id);
    if (settings === undefined) throw new StreamInferError('OPTION_INVALID', 'engine: the stream-engine that is chosen is missing or disabled');
    return settings();
  }

  /** Where engines look for models, the default one included; engines with wrong settings have no folder. */
  modelFolders(): string[] {
    return ['', ...this.#engines.keys()].flatMap((id) => {
      try {
        return [this.engineSettings(id).modelFolder];
      } catch {
        return [];
      }
    });
  }

  /** Ids of the stream-engines, without the default one. */
  get engineIds(): readonly string[] {
    return [...this.#engines.keys()];
  }

  /** The streams that the flow declares, as of the last deploy. */
  get declared(): readonly StreamTopology[] {
    return this.#topology.streams;
  }

  /** Plan of a stream that the node is in, playing or not, as deployed. Throws what is wrong with it; `STREAM_UNKNOWN` where there is none. */
  planOf(nodeId: string): StreamPlan {
    const topology = this.#topology.streams.find((stream) => membersOf(stream).includes(nodeId));
    if (topology === undefined) throw new StreamInferError('STREAM_UNKNOWN', 'the node is in no stream: wire it to a source and deploy');
    return plannedOf(this.#build(topology, this.#sources.overridesOf(topology.sourceId))).plan;
  }

  /** A source as deployed, with its password, and its engine's settings. Throws what is wrong with it; `STREAM_UNKNOWN` where there is none. */
  deployedSource(sourceId: string): { readonly source: SourceOptions; readonly engineId: string; readonly engine: EngineSettings } {
    const part = sourcePartOf(this.#nodes.get(sourceId));
    if (part === undefined) throw new StreamInferError('STREAM_UNKNOWN', 'the source is not deployed: deploy it, or give a location');
    const { overrides = {} } = this.#sources.get(sourceId) ?? {};
    return { source: sourcePlan(part, { overrides, parts: this }), engineId: part.engineId, engine: this.engineSettings(part.engineId) };
  }

  /** The streams of the flow as it is deployed, and those that were left from before. */
  get streams(): readonly DeployedStream[] {
    return [...this.#streams.values()];
  }

  /** Engines that run. */
  get engines(): readonly RunningEngine[] {
    return this.#pool.running;
  }

  /** Has `watch` told all that comes from engines, deploys or not. It must not throw. */
  watch(watch: (news: News) => void): void {
    this.#watchers.add(watch);
  }

  /** Does what a message asks of a source, for all its streams. Rejects with what is wrong with the message. */
  async request(sourceId: string, request: SourceRequest): Promise<void> {
    await this.#admitting.get(sourceId);
    const state = this.#sources.get(sourceId);
    const streams = this.#streamsOf(sourceId);
    if (request.action === 'start') return this.#start(sourceId, without(request, 'action'));
    if (request.action === 'stop') {
      if (state !== undefined) state.playing = false;
      await Promise.all(streams.map(({ run }) => run.stop()));
      return;
    }
    await this.#commandAll(streams, request);
  }

  /** Has every playing stream of an algo or a recorder obey, and tells which. Rejects with `STATE_INVALID` where none plays. */
  async command(nodeId: string, command: StreamCommand): Promise<string[]> {
    return this.#commandAll([...this.#streams.values()].filter(({ topology }) => membersOf(topology).includes(nodeId)), command);
  }

  /** What a flow gives to a request, as its result or as why there is none: true; false where nobody waits for it any more. */
  async answer(requestId: string, outcome: { readonly result: unknown } | { readonly error: string }): Promise<boolean> {
    const request = this.#requests.take(requestId);
    if (request === undefined) return false;
    const { streamId, algoId } = request;
    await this.#streams.get(streamId)?.run.answer({ requestId, streamId, algoId, ...outcome });
    return true;
  }

  async #commandAll(streams: readonly Stream[], command: StreamCommand): Promise<string[]> {
    const playing = streams.filter(({ run }) => run.state === 'playing');
    if (playing.length === 0) throw new StreamInferError('STATE_INVALID', 'no stream of this node is playing: start it first');
    await Promise.all(playing.map(({ run }) => run.command(command)));
    return playing.map(({ run }) => run.id);
  }

  async #start(sourceId: string, overrides: SourceOverrides): Promise<void> {
    const topologies = this.#topology.streams.filter((stream) => stream.sourceId === sourceId);
    const state = this.#sources.get(sourceId);
    if (state === undefined || topologies.length === 0) {
      throw new StreamInferError('STATE_INVALID', 'start: no producer or algo is wired to this source');
    }
    const built = topologies.map((topology) => this.#build(topology, overrides));
    const planned = built.map((stream) => plannedOf(stream));
    if (overrides.location !== undefined && overrides.location !== state.part.source['location']) await this.#admit(sourceId, planned[0] as PlannedStream);
    state.playing = true;
    state.overrides = overrides;
    await Promise.all(
      planned.map((plan, i) => {
        const stream = this.#streamFor(topologies[i] as StreamTopology, plan);
        return this.#play(stream, plan, plan.plan.mode === 'offline' ? 'restart' : 'keep');
      }),
    );
  }

  /** Rejects where messages may not play that location. What is asked of the source meanwhile waits. */
  async #admit(sourceId: string, { plan, engine }: PlannedStream): Promise<void> {
    const admitted = admit({ location: plan.source.location, allowed: engine.messageLocations, folder: this.folder });
    if (admitted === undefined) return;
    this.#admitting.set(sourceId, admitted.catch(() => undefined));
    await admitted.finally(() => this.#admitting.delete(sourceId));
  }

  #streamsOf(sourceId: string): Stream[] {
    return [...this.#streams.values()].filter(({ topology }) => topology.sourceId === sourceId);
  }

  #onStopping({ config }: RedFlowsEvent): void {
    this.#phase = 'stopping';
    this.#grace?.abort();
    if (config === this.#config) this.#closeAll();
    else this.guests.removeAll();
  }

  #onStopped(): void {
    if (this.#phase !== 'stopping') return;
    this.#phase = 'stopped';
    if (this.#closing !== undefined) return;
    const grace = new AbortController();
    this.#grace = grace;
    this.#clock.sleep(START_GRACE_MS, grace.signal).then(
      () => { this.#closeAll(); },
      () => undefined,
    );
  }

  #onStarted({ diff }: RedFlowsEvent): void {
    // A second deploy began before the flows of the first were started: its own start follows.
    if (this.#phase === 'stopping') return;
    this.#grace?.abort();
    this.#closing = undefined;
    this.#phase = 'started';
    this.#reconcile(diff === undefined ? 'restart' : 'deploy');
    this.#release();
    this.#tellRequests();
  }

  /** Ends everything: nothing says that flows will start again. */
  #closeAll(): void {
    for (const { run } of this.#streams.values()) run.drop();
    this.guests.dropAll();
    this.#streams.clear();
    this.#sources.clear();
    this.#held.takeAll();
    const deadline = new AbortController();
    const closed = this.#pool.close();
    const late = this.#clock.sleep(CLOSE_MS, deadline.signal).catch(() => undefined);
    this.#closing = Promise.race([closed, late]).then(() => { deadline.abort(); });
  }

  #reconcile(why: 'deploy' | 'restart'): void {
    this.#topology = resolveTopology(flowGraph(this.#red, [...this.#nodes.keys()]));
    this.#sources.update(new Set(this.#topology.streams.map(({ sourceId }) => sourceId)), (id) => sourcePartOf(this.#nodes.get(id)));
    const built = this.#topology.streams.map((topology) => ({ topology, stream: this.#build(topology, this.#sources.overridesOf(topology.sourceId)) }));
    const problems = this.#problems(built);
    const good = new Set(built.filter(({ stream }) => 'plan' in stream).map(({ stream }) => stream.id));
    for (const [id, stream] of this.#streams) {
      if (good.has(id)) continue;
      this.#streams.delete(id);
      stream.run.remove().catch((error: unknown) => { this.#failed(stream, error); });
    }
    for (const { topology, stream } of built) {
      if ('plan' in stream) this.#apply(this.#streamFor(topology, stream), { planned: stream, why });
    }
    for (const node of this.#nodes.values()) this.#tellPlan(node, problems.get(node.id));
  }

  #apply(stream: Stream, { planned, why }: { planned: PlannedStream; why: 'deploy' | 'restart' }): void {
    const { topology, run } = stream;
    if (this.#sources.get(topology.sourceId)?.playing !== true) {
      if (run.state === 'playing') run.stop().catch((error: unknown) => { this.#failed(stream, error); });
      return;
    }
    const same = run.plays(planned);
    if (same && run.state === 'playing') return;
    if (same && run.state === 'finished' && why === 'deploy') return;
    this.#play(stream, planned, 'keep').catch((error: unknown) => { this.#failed(stream, error); });
  }

  async #play(stream: Stream, planned: PlannedStream, how: 'keep' | 'restart'): Promise<void> {
    stream.latest.clear();
    await stream.run.play(planned, how);
  }

  /** What goes wrong without a message to blame is told as an event of the stream. */
  #failed({ run }: Stream, error: unknown): void {
    this.#take({ kind: 'event', event: { streamId: run.id, event: 'error', error: toWire(error), fatal: true } });
  }

  #build(topology: StreamTopology, overrides: SourceOverrides): BuiltStream {
    const parts: PlanParts = {
      node: (id) => {
        const node = this.#nodes.get(id);
        if (node === undefined) throw new StreamInferError('INTERNAL', `node ${id} is gone`);
        return { name: node.name, part: node.part() };
      },
      engine: (id) => this.engineSettings(id),
      folder: this.folder,
    };
    const several = this.#topology.streams.filter(({ sourceId }) => sourceId === topology.sourceId).length > 1;
    return buildStream(topology, parts, { several, overrides });
  }

  #streamFor(topology: StreamTopology, { plan }: PlannedStream): Stream {
    const id = streamIdOf(topology);
    const stream = this.#streams.get(id) ?? { ref: { id, name: plan.name }, topology, run: new StreamRun(id, this.#pool), latest: new Map() };
    stream.ref = { id, name: plan.name };
    stream.topology = topology;
    this.#streams.set(id, stream);
    return stream;
  }

  /** By node; a node's own error goes before those of its neighbours. */
  #problems(built: readonly { topology: StreamTopology; stream: BuiltStream }[]): Map<string, NodeProblem> {
    const problems = new Map<string, NodeProblem>(this.#topology.unreached);
    for (const { topology, stream } of built) {
      if (!('problems' in stream)) continue;
      const culprit = this.#nodes.get([...stream.problems.keys()][0] ?? '');
      for (const id of membersOf(topology)) {
        const error = stream.problems.get(id);
        if (error !== undefined) problems.set(id, { why: 'error', error });
        else if (!problems.has(id)) problems.set(id, { why: 'elsewhere', by: { name: culprit?.name || (culprit?.type ?? '') } });
      }
    }
    return problems;
  }

  #tellPlan(node: StreamNode, problem: NodeProblem | undefined): void {
    const streams = [...this.#streams.values()].filter(({ topology }) => membersOf(topology).includes(node.id));
    const ofOthers = problem?.why === 'elsewhere' && streams.length > 0;
    node.onPlan(streams.map(({ ref, run }) => ({ ...ref, state: run.state })), ofOthers ? undefined : problem);
    for (const { latest, ref } of streams) {
      for (const event of latest.values()) node.onState(event, ref);
    }
  }

  #onFlowRequest(request: FlowRequest): void {
    this.#requests.add(request);
    if (this.#phase === 'started') this.#tellRequests();
  }

  #tellRequests(): void {
    this.#requests.tell((id) => this.#nodes.get(id));
  }

  /** Offline streams end with an error of their own; realtime ones play on after the restart, but somebody must be told. */
  #onEngine(event: EngineEvent, streamIds: readonly string[]): void {
    if (event.event === 'crashed') {
      this.#requests.drop(streamIds);
      const error: WireError = { code: 'ENGINE_CRASHED', message: event.message ?? 'the engine process ended' };
      const cut = streamIds.map((id) => this.#streams.get(id)?.run).filter((run) => run?.state === 'playing' && !run.isOffline);
      for (const run of cut) this.#take({ kind: 'event', event: { streamId: run?.id ?? '', event: 'error', error, fatal: false } });
    }
    this.#take({ kind: 'engine', event, streamIds });
  }

  /** News come to the nodes of the flow as it is after a deploy, not to those that are being taken down. */
  #take(news: News): void {
    for (const watch of this.#watchers) watch(news);
    if (news.kind === 'event' && this.guests.noticed(news.event)) return;
    if (news.kind === 'result' && this.guests.has(news.result.streamId)) return;
    if (news.kind === 'event') this.#notice(news.event);
    if (this.#phase === 'started') {
      this.#tell(news);
      return;
    }
    if (this.#closing === undefined) this.#held.add(news);
  }

  #release(): void {
    const { news: held, lost } = this.#held.takeAll();
    if (lost > 0) this.#red.log.warn(`stream-infer: the deploy took so long that ${lost} results and events were dropped`);
    for (const news of held) this.#tell(news);
  }

  #notice(event: StreamEvent): void {
    const stream = this.#streams.get(event.streamId);
    if (stream === undefined) return;
    stream.run.noticed(event);
    const topic = stateTopic(event);
    if (topic !== undefined) {
      // In the order they came.
      stream.latest.delete(topic);
      stream.latest.set(topic, event);
    }
    if (event.event === 'ended') this.#requests.drop([event.streamId]);
    if (event.event !== 'ended' || event.reason === 'stopped') return;
    const source = this.#sources.get(stream.topology.sourceId);
    const over = this.#streamsOf(stream.topology.sourceId).every(({ run }) => run.state !== 'playing');
    // A job that a message started is done with; a deploy must not do it again.
    if (source?.part.start === 'message' && over) source.playing = false;
  }

  #tell(news: News): void {
    if (news.kind === 'result') {
      this.#nodes.get(news.result.algoId)?.onResult(news.result);
      return;
    }
    const ids = news.kind === 'event' ? [news.event.streamId] : news.streamIds;
    const streams = ids.map((id) => this.#streams.get(id)).filter((stream) => stream !== undefined);
    for (const id of new Set(streams.flatMap(({ topology }) => membersOf(topology)))) {
      const node = this.#nodes.get(id);
      if (news.kind === 'event') for (const { ref } of streams) node?.onEvent(news.event, ref);
      else node?.onEngine(news.event, streams.filter(({ topology }) => membersOf(topology).includes(id)).map(({ ref }) => ref));
    }
  }
}

/** The plan, or the first of the problems as an error. */
function plannedOf(stream: BuiltStream): PlannedStream {
  if ('plan' in stream) return stream;
  const [error] = stream.problems.values();
  throw new StreamInferError(error?.code ?? 'OPTION_INVALID', error?.message ?? 'the plan is wrong');
}
