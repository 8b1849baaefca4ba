import { isDeepStrictEqual } from 'node:util';

import type { AlgoPlan, StreamPlan } from '../base/index.js';
import { algoSchema, cropsSchema, producerSchema, sourceSchema } from '../base/plan.js';

/** A job as JSON, and the secrets that are not in it. */
export type WrittenJob = { readonly job: Readonly<Record<string, unknown>>; readonly missing: readonly ('password' | 'token')[] };

type Fields = Readonly<Record<string, unknown>>;

/** Fields without which there is no algo of that kind: they are written whatever they are. */
const NEEDED: Readonly<Record<AlgoPlan['kind'], readonly string[]>> = {
  onnx: ['model'], module: ['module'], code: ['code'], remote: ['url', 'protocol', 'model'], python: ['module'], motion: [], flow: [], local: [],
};
/** What a job has no word for: it says it by its own place, or leaves it to who runs it. */
const UNWRITTEN: readonly string[] = ['id', 'kind', 'baseFolder', 'revision', 'enabled', 'token', 'crops', 'options'];

/**
 * The job that `resolveJob` makes that plan of, without what is a default anyway. Passwords and tokens are left out, and so are
 * recorders. Flow algos and local ones belong to their process: of them there is no job.
 */
export function jobOfPlan({ mode, priority, source, producer, algos, buffer }: StreamPlan): WrittenJob {
  const { position, password, ...place } = source;
  const { backend, fps, ...frames } = producer;
  const made = changed(frames, producerSchema.parse({}));
  const job = {
    mode,
    ...(priority !== 0 && { priority }),
    source: sourceOf(place),
    ...(position > 0 && { position }),
    ...(fps !== undefined && { fps }),
    producer: { type: backend, ...snakeCase(made) },
    ...(buffer > 0 && { dispatcher: { buffer } }),
    algos: algos.map((algo) => algoOf(algo, algos)),
  };
  const hasToken = algos.some((algo) => algo.kind === 'remote' && algo.token !== undefined);
  return { job, missing: [...(password === undefined ? [] : ['password' as const]), ...(hasToken ? ['token' as const] : [])] };
}

/** Its location alone where all else is as usual. */
function sourceOf({ location, ...given }: Omit<StreamPlan['source'], 'position' | 'password'>): unknown {
  const rest = changed(given, sourceSchema.parse({ location }));
  return Object.keys(rest).length === 0 ? location : { location, ...rest };
}

function algoOf(algo: AlgoPlan, all: readonly AlgoPlan[]): Fields {
  const given: Fields = { ...algo };
  const needed = Object.fromEntries((NEEDED[algo.kind]).filter((key) => given[key] !== undefined).map((key) => [key, given[key]]));
  const usual: Fields = algoSchema.parse({ kind: algo.kind, id: algo.id, name: algo.name, ...needed });
  const { frameCount, frameStep, interval, name } = algo;
  const own = Object.fromEntries(Object.entries(changed(given, usual)).filter(([key]) => !UNWRITTEN.includes(key)));
  const options = 'options' in algo ? changed(algo.options, usual['options'] as Fields) : {};
  return {
    name, type: algo.kind, ...needed, frame_count: frameCount, frame_step: frameStep, interval,
    ...snakeCase(own),
    ...(Object.keys(options).length > 0 && { options }),
    ...cropsOf(algo, all),
  };
}

function cropsOf(algo: AlgoPlan, all: readonly AlgoPlan[]): Fields {
  if (!('crops' in algo) || algo.crops === undefined) return {};
  const { of, ...given } = algo.crops;
  return { crops: { of: all.find(({ id }) => id === of)?.name ?? of, ...snakeCase(changed(given, cropsSchema.parse({ of }))) } };
}

/** Fields that are not as in `usual`. */
function changed(given: Fields, usual: Fields): Fields {
  return Object.fromEntries(Object.entries(given).filter(([key, value]) => value !== undefined && !isDeepStrictEqual(value, usual[key])));
}

function snakeCase(given: Fields): Fields {
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), value]));
}
