import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { DraftAlgo, ResultRow } from '../../plugins/studio/contract.js';
import { short } from '../shared/format.js';
import { t } from '../shared/i18n.js';
import { LivePicture } from '../shared/live-picture.js';
import type { PictureFeed } from '../shared/pictures.js';
import { isAlike, median, type Pair, pairsOf } from './comparison.js';
import { foundIn } from './result-tab.js';
import { nameOf } from './studio-store.js';

const MOST = 50;

type CompareProps = { readonly algos: readonly DraftAlgo[]; readonly rows: readonly ResultRow[]; readonly feed: PictureFeed; readonly streamId: string | undefined };

/** Two algos on the same frames, side by side. */
export function CompareTab({ algos, rows, feed, streamId }: CompareProps): JSX.Element {
  const [chosen, choose] = useState<readonly [string?, string?]>([]);
  const [a, b] = [0, 1].map((side) => algos.find(({ key }) => key === chosen[side]) ?? algos[side]);
  if (a === undefined || b === undefined) return <p>{t('studio.needTwo')}</p>;
  const pairs = pairsOf(rows, a.key, b.key);
  return (
    <>
      <div class="st-sides">
        {[a, b].map((algo, side) => (
          <section key={side} aria-label={nameOf(algo)}>
            <select aria-label={t(side === 0 ? 'studio.left' : 'studio.right')} value={algo.key} onChange={({ currentTarget: { value } }) => { choose(side === 0 ? [value, b.key] : [a.key, value]); }}>
              {algos.map((one) => <option key={one.key} value={one.key}>{nameOf(one)}</option>)}
            </select>
            {streamId !== undefined && <LivePicture feed={feed} showing={{ stream: streamId, width: 640, everyMs: 100, draw: [algo.key] }} alt={t('card.picture', { name: nameOf(algo) })} placeholder={t('picture.coming')} />}
          </section>
        ))}
      </div>
      {pairs.length === 0 ? <p>{t('studio.noPairs')}</p> : <Pairs pairs={pairs} names={[nameOf(a), nameOf(b)]} />}
    </>
  );
}

function Pairs({ pairs, names }: { readonly pairs: readonly Pair[]; readonly names: readonly [string, string] }): JSX.Element {
  const alike = pairs.filter(isAlike).length;
  const times = (['a', 'b'] as const).map((side) => short(median(pairs.map((pair) => pair[side].inferenceMs)) ?? 0));
  return (
    <>
      <p>{t('studio.alike', { alike, all: pairs.length })} {t('studio.medians', { a: names[0], b: names[1], aMs: times[0] ?? '', bMs: times[1] ?? '' })}</p>
      <div class="st-scroll" tabIndex={0} role="region" aria-label={t('studio.pairs')}>
        <table>
          <thead><tr><th scope="col">{t('studio.column.at')}</th>{names.map((name, side) => <th key={side} scope="col">{name}</th>)}<th scope="col">{t('studio.column.same')}</th></tr></thead>
          <tbody>
            {pairs.slice(-MOST).reverse().map((pair) => (
              <tr key={pair.a.number} class={isAlike(pair) ? undefined : 'st-differs'}>
                <th scope="row">{pair.a.position.toFixed(2)} s</th>
                {[pair.a, pair.b].map((row, side) => <td key={side}>{foundIn(row)} <small>{short(row.inferenceMs)} ms</small></td>)}
                <td>{isAlike(pair) ? '=' : '≠'}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
