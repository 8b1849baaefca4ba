import type { Clock, EngineUsage } from '../../runtime/index.js';

type Sample = { readonly atMs: number; readonly cpuSeconds: number };

/** Milliseconds below which a load says nothing. */
const SHORTEST_MS = 500;

/** The load of engines between two looks at them. */
export class EngineLoads {
  readonly #clock: Clock;
  /** By key of the engine: where the load that is told began, and what it was. */
  readonly #samples = new Map<string, Sample & { readonly percent?: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of one core, since the look before; undefined at the first, and after its process was started anew. */
  percent(key: string, { cpuSeconds }: EngineUsage): number | undefined {
    const atMs = this.#clock.now();
    const before = this.#samples.get(key);
    if (before !== undefined && atMs - before.atMs < SHORTEST_MS) return before.percent;
    const isSame = before !== undefined && cpuSeconds >= before.cpuSeconds;
    const percent = isSame ? Math.round((100_000 * (cpuSeconds - before.cpuSeconds)) / (atMs - before.atMs)) : undefined;
    this.#samples.set(key, { atMs, cpuSeconds, ...(percent !== undefined && { percent }) });
    return percent;
  }

  /** Forgets all engines but these. */
  keepOnly(keys: ReadonlySet<string>): void {
    for (const key of this.#samples.keys()) if (!keys.has(key)) this.#samples.delete(key);
  }
}
