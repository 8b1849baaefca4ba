import path from 'node:path';

import {
  algoSchema,
  check,
  cropsFault,
  producerSchema,
  recorderSchema,
  resolveStreamPlan,
  sourceSchema,
  streamSchema,
  StreamInferError,
  toWire,
  withoutCredentials,
  withoutUserInfo,
  type AlgoPlan,
  type SourceOptions,
  type StreamPlan,
  type WireError,
} from '../../runtime/index.js';
import type { AlgoPart, DispatcherPart, EngineSettings, NodePart, Raw, RecorderPart, SourcePart } from './parts.js';
import type { Behind, StreamTopology } from './topology.js';

/** What a message said of a source, in place of what is saved. */
export type SourceOverrides = {
  readonly location?: string;
  readonly mode?: 'offline' | 'realtime';
  readonly fps?: number;
  readonly position?: number;
};

/** The nodes that plans are made of. */
export type PlanParts = {
  /** The node's name, empty where it has none, and what it gives; throws what its config has wrong. */
  readonly node: (id: string) => { readonly name: string; readonly part: NodePart };
  /** Settings of a stream-engine (`''`: the default one); throws `OPTION_INVALID`. */
  readonly engine: (id: string) => EngineSettings;
  /** Folder that relative paths of sources and recordings start from. */
  readonly folder: string;
};

/** A stream ready to be started, or what is wrong, by the node it is wrong in. */
export type BuiltStream =
  | { readonly id: string; readonly plan: StreamPlan; readonly engineId: string; readonly engine: EngineSettings }
  | { readonly id: string; readonly problems: ReadonlyMap<string, WireError> };

/** Everything that goes into one plan. */
type Build = {
  readonly stream: StreamTopology;
  readonly parts: PlanParts;
  readonly overrides: SourceOverrides;
  readonly engine: EngineSettings;
  readonly problems: Map<string, WireError>;
};

/** Stays the same over deploys. */
export function streamIdOf({ sourceId, producerId }: StreamTopology): string {
  return `${sourceId}:${producerId ?? 'default'}`;
}

/** The plan of one stream. `several`: its source has others, so that the name must tell them apart. */
export function buildStream(stream: StreamTopology, parts: PlanParts, given: { several: boolean; overrides: SourceOverrides }): BuiltStream {
  const id = streamIdOf(stream);
  const problems = new Map<string, WireError>();
  const source = attempt(problems, stream.sourceId, () => {
    const { name, part } = parts.node(stream.sourceId);
    return { name, part: part as SourcePart, engine: parts.engine((part as SourcePart).engineId) };
  });
  if (source === undefined) return { id, problems };
  const build: Build = { stream, parts, overrides: given.overrides, engine: source.engine, problems };
  const planned = attempt(problems, stream.sourceId, () => sourcePlan(source.part, build));
  const producer = producerOf(build);
  const algos = algosOf(build);
  const plan = {
    id,
    name: streamName({ build, name: source.name, location: planned?.location ?? '', several: given.several }),
    mode: given.overrides.mode ?? source.part.mode,
    priority: source.part.priority,
    source: planned,
    sourceId: stream.sourceId,
    producer,
    algos,
    recorders: recordersOf(build),
    buffer: bufferOf(build),
  };
  if (problems.size > 0) return { id, problems };
  const resolved = attempt(problems, stream.sourceId, () => resolveStreamPlan(plan));
  if (resolved === undefined) return { id, problems };
  return { id, plan: resolved, engineId: source.part.engineId, engine: source.engine };
}

/** What `make` gives; what it throws becomes the node's problem. */
function attempt<T>(problems: Map<string, WireError>, nodeId: string, make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (!problems.has(nodeId)) problems.set(nodeId, toWire(error));
    return undefined;
  }
}

/** The source of a plan. Throws `OPTION_INVALID`. */
export function sourcePlan({ source }: Pick<SourcePart, 'source'>, { overrides, parts }: { overrides: SourceOverrides; parts: Pick<PlanParts, 'folder'> }): SourceOptions {
  const own = typeof source['location'] === 'string' ? source['location'].trim() : '';
  const location = overrides.location ?? own;
  const { username, password, ...rest } = source;
  // The password belongs to the place that was typed beside it: a message must not carry it elsewhere.
  const credentials = location === own || own === '' || hostOf(location) === hostOf(own) ? { username, password } : {};
  return check(sourceSchema, {
    ...rest,
    ...(credentials.username === undefined ? {} : credentials),
    ...splitCredentials(location),
    location: absolute(withoutUserInfo(location), parts.folder),
    ...(overrides.position === undefined ? {} : { position: overrides.position }),
  });
}

/** User and password that stand in the URL itself. */
function splitCredentials(location: string): { username?: string; password?: string } {
  if (withoutUserInfo(location) === location) return {};
  try {
    const { username, password } = new URL(location);
    return { username: decodeURIComponent(username), ...(password === '' ? {} : { password: decodeURIComponent(password) }) };
  } catch {
    return {};
  }
}

function hostOf(location: string): string | undefined {
  return /^[a-z][a-z0-9+.-]*:\/\/(?:[^\s/]*@)?([^\s/?#]*)/i.exec(location)?.[1]?.toLowerCase();
}

/** Relative paths from `folder`; URLs, devices and test pictures as they are. */
function absolute(location: string, folder: string): string {
  if (location === '' || /^[a-z][a-z0-9+.-]+:/i.test(location) || path.isAbsolute(location)) return location;
  return path.join(folder, location);
}

function producerOf(build: Build): Raw | undefined {
  const { stream, parts, overrides, engine, problems } = build;
  const owner = stream.producerId ?? stream.sourceId;
  return attempt(problems, owner, () => {
    const part = stream.producerId === undefined ? undefined : parts.node(stream.producerId).part;
    const saved = part?.kind === 'producer' ? part.producer : {};
    return check(producerSchema, {
      ...saved,
      ...(engine.ffmpegPath === undefined ? {} : { ffmpegPath: engine.ffmpegPath }),
      ...(overrides.fps === undefined ? {} : { fps: overrides.fps }),
    });
  });
}

function algosOf({ stream, parts, engine, problems }: Build): AlgoPlan[] {
  const taken = new Set<string>();
  const algos: AlgoPlan[] = [];
  for (const id of stream.algoIds) {
    attempt(problems, id, () => {
      const { name, part } = parts.node(id);
      const { algo, crops, defaultName } = part as AlgoPart;
      const before = crops === undefined ? undefined : algoBefore(stream.behind[id]);
      const plan = check(algoSchema, { ...algo(engine), ...(before === undefined ? {} : { crops: { ...crops, of: before } }), id, name: uniqueName(name || defaultName, taken) });
      // an algo with a problem of its own is not there; that is told already
      const fault = before === undefined || problems.has(before) ? undefined : cropsFault(plan, algos);
      if (fault) throw new StreamInferError('OPTION_INVALID', `${fault.path.join('.')}: ${fault.message}, got ${JSON.stringify(fault.input)}`);
      algos.push(plan);
    });
  }
  return algos;
}

/** The algo whose detections' crops an algo gets that stands there; undefined: it gets frames. */
function algoBefore(behind: Behind | undefined): string | undefined {
  if (behind === undefined) return undefined;
  const [only, ...others] = behind.algoIds;
  if (others.length === 0 && !behind.andStraight) return only;
  const from = others.length > 0 ? `${behind.algoIds.length} algos` : 'an algo and the producer';
  // what to do first: a badge is short
  throw new StreamInferError('OPTION_INVALID', `runOn: several wires: leave one, or choose the whole frame; it is wired behind ${from}, and crops are of one algo's detections`);
}

/** `objects`, `objects 2` … : results of two algos must not be mixed up. */
function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let number = 2; taken.has(unique); number += 1) unique = `${name} ${number}`;
  taken.add(unique);
  return unique;
}

function recordersOf({ stream, parts, problems }: Build): Raw[] {
  const recorders = stream.recorders.map(({ id, algoIds }) =>
    attempt(problems, id, () => {
      const { recorder, draw } = parts.node(id).part as RecorderPart;
      const plan = check(recorderSchema, {
        ...recorder,
        id,
        baseFolder: parts.folder,
        algos: algoIds,
        // No algos in a plan means all of them; a recorder with none upstream draws none.
        draw: draw === true && algoIds.length === 0 ? false : draw,
      });
      if (plan.kind === 'clips' && plan.clips.trigger !== undefined && algoIds.length === 0) {
        throw new StreamInferError('OPTION_INVALID', 'clipOn: there is no algo between the producer and this recorder whose results could begin a clip: wire one, or let messages do it');
      }
      return plan;
    }),
  );
  return recorders.filter((recorder) => recorder !== undefined);
}

function bufferOf({ stream, parts, problems }: Build): number {
  const buffers = stream.dispatcherIds.map((id) =>
    attempt(problems, id, () => {
      const { buffer } = parts.node(id).part as DispatcherPart;
      return check(streamSchema.pick({ buffer: true }), { buffer }).buffer;
    }),
  );
  return Math.max(0, ...buffers.map((buffer) => buffer ?? 0));
}

function streamName({ build, name, location, several }: { build: Build; name: string; location: string; several: boolean }): string {
  const { producerId, sourceId } = build.stream;
  const base = (name || withoutCredentials(location) || sourceId).slice(0, 240);
  if (!several) return base;
  const producer = producerId === undefined ? 'default' : attempt(build.problems, producerId, () => build.parts.node(producerId).name || producerId);
  return `${base}/${producer ?? producerId ?? ''}`.slice(0, 512);
}

