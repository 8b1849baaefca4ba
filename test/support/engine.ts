import { execFileSync } from 'node:child_process';

import { type AlgoResult, type StreamEvent, type StreamPlanInput } from '../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../dist/runtime/base/plan.js';
import { type Engine, type EngineHandlers, type EngineOptions, openEngine } from '../../dist/runtime/engine/index.js';

type Ended = Extract<StreamEvent, { event: 'ended' }>;

/** An engine that remembers all it said, and lets a test wait for what it will say. */
export class EngineProbe {
  readonly results: AlgoResult[] = [];
  readonly events: StreamEvent[] = [];
  readonly engineEvents: { readonly event: string; readonly message?: string }[] = [];
  engine!: Engine;
  #waiting: (() => void)[] = [];

  static async open(make: (handlers: EngineHandlers) => Promise<Engine> = (handlers) => openEngine({}, handlers)): Promise<EngineProbe> {
    const probe = new EngineProbe();
    probe.engine = await make({
      onResult: (result) => { probe.results.push(result); probe.#wake(); },
      onEvent: (event) => { probe.events.push(event); probe.#wake(); },
      onEngine: (event) => { probe.engineEvents.push(event); probe.#wake(); },
    });
    return probe;
  }

  /** Starts a stream called `s` unless the plan says otherwise. */
  async start(plan: Partial<StreamPlanInput> & Pick<StreamPlanInput, 'source'>): Promise<void> {
    await this.engine.start(resolveStreamPlan({ id: 's', name: 's', mode: 'offline', ...plan }));
  }

  /** Resolves when `found` gives something of what was said so far, or is said later. */
  async until<T>(found: () => T | undefined): Promise<T> {
    for (;;) {
      const value = found();
      if (value !== undefined) return value;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The first event of that kind, of stream `streamId`. */
  event<K extends StreamEvent['event']>(kind: K, streamId = 's'): Promise<Extract<StreamEvent, { event: K }>> {
    return this.until(() => this.events.find((event): event is Extract<StreamEvent, { event: K }> => event.event === kind && event.streamId === streamId));
  }

  ended(streamId = 's'): Promise<Ended> {
    return this.event('ended', streamId);
  }

  /** Sorted codes of the errors told. */
  errorCodes(): string[] {
    return this.events.filter((event) => event.event === 'error').map((event) => event.error.code);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}

/** Ids of the engine processes that are children of this one. */
export function enginePids(): number[] {
  const rows = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split('\n');
  return rows.filter((row) => row.includes('engine-process')).map((row) => Number.parseInt(row, 10));
}

/** Plays one stream to its end, in this process. */
export async function playToEnd(
  plan: Partial<StreamPlanInput> & Pick<StreamPlanInput, 'source'>,
  options: EngineOptions = {},
): Promise<EngineProbe & { readonly end: Ended }> {
  const probe = await EngineProbe.open((handlers) => openEngine(options, handlers));
  await probe.start(plan);
  const end = await probe.ended();
  await probe.engine.close();
  return Object.assign(probe, { end });
}
