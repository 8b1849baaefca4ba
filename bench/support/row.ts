/** One side of a comparison: does the work once and gives the number measured. */
export type Side = { readonly label: string; run(): Promise<number> };

/** A comparison, a file of `bench/rows` each. */
export type Row = {
  /** What the command line calls it. */
  readonly name: string;
  /** What is compared, for people. */
  readonly title: string;
  readonly unit: 'ms';
  /** Ours. */
  readonly a: Side;
  /** What it is held against. */
  readonly b: Side;
  /** Makes what both sides need; not measured. */
  prepare(): Promise<void>;
  /** Frees what `prepare` and the sides opened. */
  finish?(): Promise<void>;
};

/** Medians of both sides, and how far the single measurements lie apart. */
export type Outcome = { readonly row: Row; readonly a: Spread; readonly b: Spread };
export type Spread = { readonly median: number; readonly least: number; readonly most: number };

/** Measures both sides in turns, so that whatever else the machine does hits both; the first turn warms up and is thrown away. */
export async function measure(row: Row, rounds: number): Promise<Outcome> {
  const values = { a: [] as number[], b: [] as number[] };
  await row.prepare();
  try {
    for (let round = 0; round <= rounds; round += 1) {
      const [a, b] = [await row.a.run(), await row.b.run()];
      if (round === 0) continue;
      values.a.push(a);
      values.b.push(b);
    }
  } finally {
    await row.finish?.();
  }
  return { row, a: spreadOf(values.a), b: spreadOf(values.b) };
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((x, y) => x - y);
  const at = (place: number): number => sorted[place] ?? NaN;
  const middle = (sorted.length - 1) / 2;
  return { median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2, least: at(0), most: at(sorted.length - 1) };
}
