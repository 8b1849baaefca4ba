import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import type { DraftAlgo, ResultRow } from '../../plugins/studio/contract.js';
import { short } from '../shared/format.js';
import { t } from '../shared/i18n.js';
import { Chart } from './chart.js';
import { nameOf } from './studio-store.js';
import { columnsOf } from './timeline.js';

const VALUES = { counts: ({ count }: ResultRow) => count, timings: ({ inferenceMs }: ResultRow) => inferenceMs } as const;

/** How much the algos found, and how long they took, over time. */
export function TimelineTab({ rows, algos }: { readonly rows: readonly ResultRow[]; readonly algos: readonly DraftAlgo[] }): JSX.Element {
  const names = algos.map(nameOf);
  return (
    <>
      {(['counts', 'timings'] as const).map((what) => <One key={what} what={what} rows={rows} keys={algos.map(({ key }) => key)} names={names} />)}
    </>
  );
}

type OneProps = { readonly what: keyof typeof VALUES; readonly rows: readonly ResultRow[]; readonly keys: readonly string[]; readonly names: readonly string[] };

function One({ what, rows, keys, names }: OneProps): JSX.Element {
  const columns = useMemo(() => columnsOf(rows, keys, VALUES[what]), [rows, keys.join()]);
  const summary = names.map((name, i) => `${name}: ${rangeOf(columns[i + 1] ?? [])}`).join('; ');
  return <Chart title={t(`studio.${what}`)} names={names} columns={columns} summary={summary} />;
}

/** `2…14, last 3`. */
function rangeOf(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  if (known.length === 0) return '–';
  const [least, most] = [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
  return t('studio.range', { least: short(least), most: short(most), last: short(known.at(-1) ?? 0) });
}
