/** What one run of the rules is about; frames of the source are numbered from 0. */
export type RuleSetting = {
  /** Frames a second of the source, and how many it has. */
  readonly source: { readonly num: number; readonly den: number; readonly frames: number };
  /** Frames a second asked for, at most six decimals; absent: all. */
  readonly fps?: number;
  /** Seconds at which playing begins. Default 0. */
  readonly position?: number;
  readonly algos: readonly { readonly frameCount: number; readonly frameStep: number; readonly interval: number }[];
};

/** A run of algo number `algo` at the delivered frame number `index` (from 1), on these source frames. */
export type RuleCall = { readonly algo: number; readonly index: number; readonly window: readonly number[] };
export type RulePlay = { readonly delivered: readonly number[]; readonly calls: readonly RuleCall[] };

/**
 * The offline rules, slow and plain: those of stream-infer 0.6.7 with what the README's table of differences says.
 * Frames are never forgotten, nothing is worked out ahead.
 */
export function playByRules({ source, fps, position = 0, algos }: RuleSetting): RulePlay {
  const micro = BigInt(Math.round((fps ?? 0) * 1e6));
  const isThinned = fps !== undefined && micro * BigInt(source.den) < BigInt(source.num) * 1_000_000n;
  const rate = isThinned ? fps : source.num / source.den;
  // source frames from one delivered frame to the next: span / unit
  const span = isThinned ? BigInt(source.num) * 1_000_000n : 1n;
  const unit = isThinned ? BigInt(source.den) * micro : 1n;

  let start = 0;
  while (Math.round((start * 1e6 * source.den) / source.num) < Math.round(position * 1e6)) start += 1;
  let before = 0;
  while (Math.round((before * 1e6) / rate) < Math.round(position * 1e6)) before += 1;

  const delivered: number[] = [];
  const calls: RuleCall[] = [];
  let next = 0n;
  for (let n = start; n < source.frames; n += 1) {
    if (BigInt(n - start) * unit < next) continue;
    next += span;
    delivered.push(n);
    const count = before + delivered.length;
    algos.forEach(({ frameCount, frameStep, interval }, algo) => {
      if (count % Math.max(1, Math.floor(interval * rate)) !== 0) return;
      if (delivered.length < frameCount * frameStep) return;
      const window = delivered.filter((_, i) => isInWindow(delivered.length - 1 - i, frameCount, frameStep));
      calls.push({ algo, index: delivered.length, window });
    });
  }
  return { delivered, calls };
}

/** Whether the frame that is `age` delivered frames older than the newest one belongs to the newest one's window. */
function isInWindow(age: number, frameCount: number, frameStep: number): boolean {
  const step = frameStep === 0 ? 1 : frameStep;
  return age % step === 0 && age / step < frameCount;
}
