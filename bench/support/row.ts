/** What a turn can measure; the unit is in the name. Milliseconds of CPU are those of all threads and processes together. */
export type Figure = 'wallMs' | 'cpuMs' | 'memoryMiB' | 'p50Ms' | 'p99Ms' | 'dropped' | 'lostFrames';
export type Sample = Readonly<Partial<Record<Figure, number>>>;

/** One side of a comparison: does the work once, makes sure that it was done, and gives what was measured. */
export type Side = { readonly name: string; /** For people. */ readonly does: string; run(): Promise<Sample> };

/** The median of a figure of a side over all turns. */
export type MedianOf = (side: string, figure: Figure) => number;

/** A ratio that is to be reached. */
export type Claim = {
  /** What ours is held against. */
  readonly against: string;
  readonly reach: { readonly atLeast: number } | { readonly atMost: number };
  readonly ratio: (of: MedianOf) => number;
};

/** Something that sides need and that is made once: a clip, the peers. */
export type Need = { make(): Promise<void> };

/** A comparison. */
export type Row = {
  /** What the command line calls it. */
  readonly name: string;
  /** What is compared, for people. */
  readonly title: string;
  /** Ours is the first. */
  readonly sides: readonly [Side, ...Side[]];
  readonly claims: readonly Claim[];
  readonly needs: readonly Need[];
  /** `usual`: all rounds, after one to warm up; `few`: half of them, `one`: only one, and none to warm up, because a turn takes long. Default usual. */
  readonly turns?: 'usual' | 'few' | 'one';
  /** Why the row cannot be measured on this machine; undefined where it can. */
  missing?(): string | undefined;
};

export type Spread = { readonly median: number; readonly least: number; readonly most: number };
/** What was measured, by side and figure. */
export type Measured = ReadonlyMap<string, Partial<Record<Figure, Spread>>>;

/** Measures the sides in turns, so that whatever else the machine does hits all of them. */
export async function measure(row: Row, rounds: number, tell: (news: string) => void): Promise<Measured> {
  for (const need of row.needs) await need.make();
  const { warmUp, turns } = turnsOf(row, rounds);
  if (warmUp) await takeTurn(row, (name) => { tell(`to warm up: ${name}`); });
  const samples = new Map<string, Sample[]>(row.sides.map(({ name }) => [name, []]));
  for (let turn = 1; turn <= turns; turn += 1) {
    for (const [side, sample] of await takeTurn(row, (name) => { tell(`${turn} of ${turns}: ${name}`); })) samples.get(side)?.push(sample);
  }
  return new Map([...samples].map(([side, taken]) => [side, spreadsOf(taken)]));
}

function turnsOf({ turns = 'usual' }: Row, rounds: number): { readonly warmUp: boolean; readonly turns: number } {
  switch (turns) {
    case 'usual': return { warmUp: true, turns: rounds };
    case 'few': return { warmUp: false, turns: Math.ceil(rounds / 2) };
    case 'one': return { warmUp: false, turns: 1 };
  }
}

async function takeTurn(row: Row, tell: (side: string) => void): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const side of row.sides) {
    tell(side.name);
    samples.set(side.name, await side.run());
  }
  return samples;
}

/** How `claims` ask for what was measured. Throws for what nobody measured. */
export function medianOf(measured: Measured): MedianOf {
  return (side, figure) => {
    const spread = measured.get(side)?.[figure];
    if (spread === undefined) throw new Error(`${figure} of ${side} was not measured`);
    return spread.median;
  };
}

function spreadsOf(samples: readonly Sample[]): Partial<Record<Figure, Spread>> {
  const figures = new Set(samples.flatMap((sample) => Object.keys(sample) as Figure[]));
  return Object.fromEntries([...figures].map((figure) => [figure, spreadOf(samples.flatMap((sample) => sample[figure] ?? []))]));
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (place: number): number => sorted[place] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) };
}
