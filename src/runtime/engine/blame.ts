import { createHash } from 'node:crypto';

import type { AlgoPlan, StreamPlan } from '../base/index.js';

/** A short life of an engine process, and how it ended. */
export type Crash = {
  /** From its start to its end. */
  readonly lifeMs: number;
  /** Parts at work at its end. */
  readonly parts: readonly string[];
  /** The streams it had. */
  readonly plans: readonly StreamPlan[];
};

/** Whom crashes are blamed on: one stream, or a part that several may have. */
export type Culprit = { readonly streamId: string } | { readonly part: string };

/** As many crashes in a row, each after a short life, are nobody's accident. */
export const MOST_CRASHES = 3;
/** A process that lived this long has forgotten what went before. */
export const STABLE_MS = 60_000;
const LEAST_TRIAL_MS = 2000;
const MOST_TRIAL_MS = 30_000;

/** The part that a source is: the same for all streams that play it. */
export function sourcePart({ source }: Pick<StreamPlan, 'source'>): string {
  // a location may have a password
  return `source ${createHash('sha256').update(JSON.stringify(source)).digest('hex')}`;
}

/** The part that an algo is: the same for all streams that run the same model or module. Undefined: nothing of it runs in the engine's process. */
export function algoPart(algo: AlgoPlan): string | undefined {
  switch (algo.kind) {
    case 'onnx': return `model ${algo.model}`;
    case 'module': return `module ${algo.module}${algo.export === undefined ? '' : ` (${algo.export})`}`;
    case 'code': return `code ${algo.id}`;
    case 'flow':
    case 'local':
    case 'motion':
    case 'python':
    case 'remote': return undefined;
  }
}

/**
 * Finds out what makes an engine crash again and again. What was at work at each of several crashes in a row is to blame;
 * where that is not one thing, streams are held back and tried half by half: the half with which the engine dies has the
 * culprit, those with which it lives play on.
 */
export class Blame {
  #crashes: Crash[] = [];
  /** Streams that may be to blame; the first `#tried` of them play. Empty: no trial. */
  #suspects: string[] = [];
  #tried = 0;
  /** Parts of streams that lived through a trial: at work at crashes by chance only. */
  readonly #cleared = new Set<string>();

  /** Streams that must not play now. */
  get held(): ReadonlySet<string> {
    return new Set(this.#suspects.slice(this.#tried));
  }

  /** How long what plays now is tried, in milliseconds; undefined: there is no trial. */
  get trialMs(): number | undefined {
    if (this.#suspects.length === 0) return undefined;
    const life = Math.max(...this.#crashes.map(({ lifeMs }) => lifeMs));
    return Math.min(MOST_TRIAL_MS, LEAST_TRIAL_MS + 1.5 * life);
  }

  /** Whom to set aside; undefined: nobody yet, ask what is held. */
  crashed(crash: Crash): Culprit | undefined {
    if (crash.lifeMs >= STABLE_MS && this.#suspects.length === 0) this.#forgetAll();
    this.#crashes = [...this.#crashes, crash].slice(-MOST_CRASHES);
    if (this.#crashes.length < MOST_CRASHES) return undefined;
    const [only, ...others] = this.#commonParts();
    if (only !== undefined && others.length === 0) return this.#found({ part: only });
    if (this.#suspects.length === 0) {
      this.#suspect(suspectsOf(crash, only === undefined ? [] : [only, ...others]));
      return undefined;
    }
    const tried = this.#suspects.slice(0, this.#tried);
    const [last, ...more] = tried;
    if (last !== undefined && more.length === 0) return this.#found(this.#culpritOf(last, crash));
    this.#suspect(tried.length > 0 ? tried : this.#suspects);
    return undefined;
  }

  /** What was tried has lived: it plays on, and the next are tried, these. Empty: nobody was to blame. */
  passed(): string[] {
    for (const part of this.#suspects.slice(0, this.#tried).flatMap((id) => this.#partsOf(id))) this.#cleared.add(part);
    this.#suspect(this.#suspects.slice(this.#tried));
    if (this.#suspects.length === 0) this.#forgetAll();
    return this.#suspects.slice(0, this.#tried);
  }

  /** A stream that is there no more is not to blame for what follows. */
  forget(streamId: string): void {
    const place = this.#suspects.indexOf(streamId);
    if (place === -1) return;
    this.#suspects.splice(place, 1);
    if (place < this.#tried) this.#tried -= 1;
  }

  /** At work at each of the crashes, and not known to be harmless. */
  #commonParts(): string[] {
    const [first, ...others] = this.#crashes;
    return (first?.parts ?? []).filter((part) => !this.#cleared.has(part) && others.every(({ parts }) => parts.includes(part)));
  }

  /**
   * The one algo of that stream that was at work, else its source, else the whole of it. Sources are at work most of the
   * time: one that is to blame is found next, when its stream crashes without the algo.
   */
  #culpritOf(streamId: string, { parts }: Crash): Culprit {
    const plan = this.#planOf(streamId);
    const atWork = this.#partsOf(streamId).filter((part) => parts.includes(part) && !this.#cleared.has(part));
    const algos = atWork.filter((part) => plan === undefined || part !== sourcePart(plan));
    const [part, ...others] = algos.length > 0 ? algos : atWork;
    return part !== undefined && others.length === 0 ? { part } : { streamId };
  }

  #planOf(streamId: string): StreamPlan | undefined {
    return this.#crashes.flatMap(({ plans }) => plans).findLast(({ id }) => id === streamId);
  }

  #partsOf(streamId: string): string[] {
    const plan = this.#planOf(streamId);
    return plan === undefined ? [] : partsOf(plan);
  }

  #suspect(streamIds: readonly string[]): void {
    this.#suspects = [...streamIds];
    this.#tried = Math.ceil(streamIds.length / 2);
  }

  #found(culprit: Culprit): Culprit {
    this.#forgetAll();
    this.#suspect([]);
    return culprit;
  }

  #forgetAll(): void {
    this.#crashes = [];
    this.#cleared.clear();
  }
}

/** The streams that have one of those parts; all where none has. */
function suspectsOf({ plans }: Crash, common: readonly string[]): string[] {
  const near = plans.filter((plan) => partsOf(plan).some((part) => common.includes(part)));
  return (near.length > 0 ? near : plans).map(({ id }) => id);
}

/** What of that stream may be at work. */
export function partsOf(plan: StreamPlan): string[] {
  return [sourcePart(plan), ...plan.algos.map(algoPart).filter((part) => part !== undefined)];
}
