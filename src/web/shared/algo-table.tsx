import type { JSX } from 'preact';

import type { AlgoView, Durations } from '../../plugins/live/contract.js';
import { short, sum } from './format.js';
import { t, textOf } from './i18n.js';
import { resultText } from './result-text.js';
import { Trouble } from './trouble.js';

/** What the algos of a stream did. */
export function AlgoTable({ algos }: { readonly algos: readonly AlgoView[] }): JSX.Element {
  return (
    <table class="si-algos">
      <thead>
        <tr>
          <th scope="col">{t('algo.name')}</th>
          <th scope="col">{t('algo.runs')}</th>
          <th scope="col">{t('algo.kept')}</th>
          <th scope="col" title={t('algo.timesHint')}>{t('algo.times')}</th>
        </tr>
      </thead>
      <tbody>{algos.map((algo) => <AlgoRows key={algo.id} algo={algo} />)}</tbody>
    </table>
  );
}

function AlgoRows({ algo }: { readonly algo: AlgoView }): JSX.Element {
  const { name, state, runs, inference, last, error } = algo;
  return (
    <>
      <tr>
        <th scope="row">{name}{state !== 'ready' && <small> {t(`algo.state.${state}`)}</small>}</th>
        <td>{runs}</td>
        <td title={skippedText(algo)}>{keptText(algo)}</td>
        <td>{timesText(inference)}</td>
      </tr>
      {last !== undefined && <tr class="si-last"><td colSpan={4}>{resultText(last.result) || t('algo.nothing')}</td></tr>}
      {error !== undefined && <tr><td colSpan={4}><Trouble error={error} /></td></tr>}
    </>
  );
}

/** How often it ran of the times that it should have, and how often that is. */
function keptText({ runs, skipped, interval }: AlgoView): string {
  const due = runs + sum(skipped);
  const every = interval > 0 ? t('algo.every', { seconds: short(interval) }) : t('algo.everyFrame');
  return due === 0 ? every : `${Math.floor((100 * runs) / due)} % · ${every}`;
}

function skippedText({ skipped }: AlgoView): string {
  const causes = Object.entries(skipped).filter(([, count]) => count > 0);
  return causes.length === 0 ? t('algo.none') : causes.map(([cause, count]) => `${count} ${textOf(`skip.${cause}`) ?? cause}`).join(', ');
}

function timesText(times: Durations | undefined): string {
  return times === undefined ? '–' : `${short(times.p50)} / ${short(times.p95)} ms`;
}
