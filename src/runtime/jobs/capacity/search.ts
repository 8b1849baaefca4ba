/** What was measured while a number of streams played. */
export type Load = {
  /** Runs in percent of those that were due. */
  readonly keptPercent: number;
  /** Frames that were left out, in percent of those of the streams. */
  readonly droppedPercent: number;
  /** Of all cores that the engine may use, in percent. */
  readonly cpuPercent: number;
  /** Resident memory of the engine process, bytes. */
  readonly memoryBytes: number;
};

export type Goal = {
  /** What the engine may take of its cores, in percent. */
  readonly cpuPercent: number;
  /** Bytes of memory that the engine may take. */
  readonly memoryBytes: number;
  /** Streams at most. */
  readonly streams: number;
};

export type Found<L extends Load = Load> = {
  /** Streams that were played within the goal; 0: not even one. */
  readonly streams: number;
  /** What those took; with 0 what one took. */
  readonly load: L;
  /** What is too little for one more. `streams`: nothing was, up to the most that are tried. */
  readonly limit: 'cores' | 'memory' | 'streams';
};

/** Runs and frames of 100 that have to be kept: a machine that does something else now and then misses one. */
const KEPT_PERCENT = 98;
/** Numbers of streams that are tried, at most. */
const TRIES = 6;

/**
 * The greatest number of streams that stays within the goal, found by playing some: from what one takes the next number
 * is reckoned, and again from what those took, until the numbers in between are none or the tries are used up.
 */
export async function findCapacity<L extends Load>(play: (streams: number) => Promise<L>, goal: Goal): Promise<Found<L>> {
  const one = await play(1);
  let best: { streams: number; load: L } = { streams: 0, load: one };
  let last = { streams: 1, load: one };
  let tooMany = goal.streams + 1;
  for (let tries = 1; ; tries += 1) {
    if (isWithin(last.load, goal)) best = last;
    else tooMany = Math.min(tooMany, last.streams);
    if (tries >= TRIES || tooMany - best.streams <= 1) break;
    const next = Math.min(tooMany - 1, Math.max(best.streams + 1, reckoned(last, { goal, one })));
    last = { streams: next, load: await play(next) };
  }
  return { ...best, limit: best.streams >= goal.streams ? 'streams' : limitOf(last, { goal, one }) };
}

function isWithin({ keptPercent, droppedPercent, cpuPercent, memoryBytes }: Load, goal: Goal): boolean {
  return keptPercent >= KEPT_PERCENT && droppedPercent <= 100 - KEPT_PERCENT && cpuPercent <= goal.cpuPercent && memoryBytes <= goal.memoryBytes;
}

type Tried = { readonly streams: number; readonly load: Load };
type Known = { readonly goal: Goal; readonly one: Load };

/** Streams for which cores and memory would last, if each took as much as these. */
function reckoned(tried: Tried, known: Known): number {
  return Math.floor(Math.min(byCores(tried, known.goal), byMemory(tried, known)));
}

function limitOf(tried: Tried, known: Known): 'cores' | 'memory' {
  return byMemory(tried, known) < byCores(tried, known.goal) ? 'memory' : 'cores';
}

/** Where runs or frames were missed it is by those that were kept, and a little less: who waits takes cores too. */
function byCores({ streams, load }: Tried, goal: Goal): number {
  const keptPercent = Math.min(load.keptPercent, 100 - load.droppedPercent);
  const lasting = (streams * goal.cpuPercent) / Math.max(load.cpuPercent, 0.1);
  return keptPercent >= KEPT_PERCENT ? lasting : Math.min(lasting, (0.95 * streams * keptPercent) / 100);
}

/** The first stream brings the model and the engine itself: only what comes on top is counted for the others. */
function byMemory({ streams, load }: Tried, { goal, one }: Known): number {
  const perStream = streams > 1 ? (load.memoryBytes - one.memoryBytes) / (streams - 1) : one.memoryBytes / 4;
  return 1 + (goal.memoryBytes - one.memoryBytes) / Math.max(perStream, 1);
}
