import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { AlgoView } from '../../plugins/live/contract.js';
import type { ResultRow } from '../../plugins/studio/contract.js';
import { AlgoTable } from '../shared/algo-table.js';
import { short } from '../shared/format.js';
import { t } from '../shared/i18n.js';
import { resultText } from '../shared/result-text.js';

/** Runs that the table shows. */
const MOST = 100;

type ResultTabProps = { readonly rows: readonly ResultRow[]; readonly algo: AlgoView | undefined };

/** What one algo found: its runs, newest first, and one of them as it is. */
export function ResultTab({ rows, algo }: ResultTabProps): JSX.Element {
  const [chosen, choose] = useState<number>();
  const shown = rows.slice(-MOST).reverse();
  const row = rows.find(({ number }) => number === chosen) ?? shown[0];
  return (
    <>
      {algo !== undefined && <AlgoTable algos={[algo]} />}
      {row === undefined ? <p>{t('studio.noResults')}</p> : (
        <div class="st-results">
          <div class="st-scroll" tabIndex={0} role="region" aria-label={t('studio.runs')}>
            <table>
              <thead><tr>{(['at', 'frame', 'found', 'count', 'ms'] as const).map((key) => <th key={key} scope="col">{t(`studio.column.${key}`)}</th>)}</tr></thead>
              <tbody>
                {shown.map((one) => (
                  <tr key={one.number} class={one === row ? 'st-chosen' : undefined}>
                    <th scope="row"><button type="button" class="si-link" aria-pressed={one.number === chosen} onClick={() => { choose(one.number === chosen ? undefined : one.number); }}>{one.position.toFixed(2)} s</button></th>
                    <td>{one.index}</td><td>{foundIn(one)}</td><td>{one.count ?? '–'}</td><td>{short(one.inferenceMs)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <div class="st-scroll" tabIndex={0} role="region" aria-label={t('studio.json')}>
            <p class="st-note">{chosen === undefined ? t('studio.newest') : t('studio.chosen', { position: row.position.toFixed(2) })}</p>
            <pre>{'result' in row ? JSON.stringify(row.result, null, 1) : t('studio.tooBig')}</pre>
          </div>
        </div>
      )}
    </>
  );
}

/** In a few words. */
export function foundIn(row: ResultRow): string {
  if (!('result' in row)) return t('studio.tooBig');
  return resultText(row.result).slice(0, 200) || t('algo.nothing');
}
