import { join } from 'node:path';

import type { ModelOverrides, ModelReport } from '../algo/index.js';
import { fromWire, type SourceOptions, StreamInferError, type WireError } from '../base/index.js';
import type { BackendOptions, SourceInfo } from '../media/index.js';
import { askProcess, endOf, lookLimitMib } from '../work/index.js';

/** What a process that looks at one file is asked, once. */
export type LookRequest = { readonly memoryLimitMib: number } & (
  | { readonly what: 'source'; readonly source: SourceOptions; readonly options: BackendOptions }
  | { readonly what: 'model'; readonly model: string; readonly overrides: ModelOverrides }
);
export type LookReply = { readonly found: SourceInfo | ModelReport } | { readonly error: WireError };

/** How long, and with how much memory, something is looked at. */
export type LookOptions = {
  /** Seconds beyond those that a source may take to open. Default 60. */
  readonly timeout?: number;
  /** MiB. Default 8192, or half of the machine's memory where that is less. */
  readonly memoryLimitMib?: number;
  readonly signal?: AbortSignal;
};

/**
 * `probe` in a process of its own: native code that faults, hangs or takes all memory on what it is shown takes nobody along.
 * Throws the `SOURCE_…` errors; `SOURCE_OPEN_FAILED` where the process died, `SOURCE_TIMEOUT` where it gave no answer.
 */
export async function probeApart(source: SourceOptions, { backend, ffmpegPath, ...look }: BackendOptions & LookOptions): Promise<SourceInfo> {
  const { timeout = 60, ...rest } = look;
  const seconds = timeout + source.timeout;
  const options = ffmpegPath === undefined ? { backend } : { backend, ffmpegPath };
  return await ask({ what: 'source', source, options }, { ...rest, timeout: seconds }, {
    late: new StreamInferError('SOURCE_TIMEOUT', `nothing was found out within ${seconds} s`),
    dead: (how) => new StreamInferError('SOURCE_OPEN_FAILED', `the process that opened it ended: ${how}: it is damaged, or made to do harm`),
  }) as SourceInfo;
}

/**
 * `inspectModel` in a process of its own, as `probeApart`; `model`: as an algo's setting has it, `overrides`: its options that say what the
 * model is. Throws what that throws; `MODEL_LOAD_FAILED` where the process died or gave no answer.
 */
export async function inspectModelApart(model: string, look: LookOptions & { readonly overrides?: ModelOverrides } = {}): Promise<ModelReport> {
  const { timeout = 600, overrides = {}, ...rest } = look;
  return await ask({ what: 'model', model, overrides }, { ...rest, timeout }, {
    late: new StreamInferError('MODEL_LOAD_FAILED', `cannot load ${model}: it took more than ${timeout} s`),
    dead: (how) => new StreamInferError('MODEL_LOAD_FAILED', `cannot load ${model}: the process that loaded it ended: ${how}: it is damaged, or made to do harm`),
  }) as ModelReport;
}

type Given = LookRequest extends infer R ? (R extends unknown ? Omit<R, 'memoryLimitMib'> : never) : never;
type Ends = { readonly late: Error; readonly dead: (how: string) => Error };

async function ask(given: Given, { timeout, memoryLimitMib = lookLimitMib(), signal }: LookOptions & { readonly timeout: number }, { late, dead }: Ends): Promise<SourceInfo | ModelReport> {
  const reply = await askProcess<LookRequest, LookReply>({
    entry: join(__dirname, 'look-process.js'),
    request: { ...given, memoryLimitMib },
    timeout,
    onTimeout: () => late,
    onDeath: (how) => dead(endOf(how, memoryLimitMib)),
    signal,
  });
  if ('error' in reply) throw fromWire(reply.error);
  return reply.found;
}
