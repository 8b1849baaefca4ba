import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { Draft, ResultRow } from '../../plugins/studio/contract.js';
import { Controls } from '../shared/controls.js';
import { Icon } from '../shared/icons.js';
import { t } from '../shared/i18n.js';
import type { PictureFeed } from '../shared/pictures.js';
import type { StreamStore } from '../shared/store.js';
import { Figures, StreamState } from '../shared/stream-state.js';
import { Trouble } from '../shared/trouble.js';
import { AlgoForms } from './algo-form.js';
import { CompareTab } from './compare-tab.js';
import { ExportDialog } from './export-dialog.js';
import { OverlayPicture } from './overlay-picture.js';
import type { ResultFeed } from './result-feed.js';
import { ResultTab } from './result-tab.js';
import { ProducerForm, SourceForm } from './source-form.js';
import type { StudioApi } from './studio-api.js';
import { nameOf, type StudioStore } from './studio-store.js';
import { Tabs } from './tabs.js';
import { TimelineTab } from './timeline-tab.js';
import { UseSettingsButton } from './use-settings.js';

export type StudioProps = {
  readonly api: StudioApi;
  readonly store: StudioStore;
  readonly streams: StreamStore;
  readonly results: ResultFeed;
  readonly feed: PictureFeed;
  /** The editor page that takes settings back. */
  readonly editor: string | undefined;
};

/** The page: what to play and with which algos on the left, what comes of it on the right. */
export function Studio(props: StudioProps): JSX.Element {
  const { store, api, editor } = props;
  const [isExporting, setExporting] = useState(false);
  const draft = store.draft.value;
  return (
    <div class="st-layout">
      <header class="st-head">
        <h1>{t('studio.title')}</h1>
        {draft && <div class="si-buttons"><button type="button" onClick={() => { setExporting(true); }}>{t('studio.export')}</button>{editor !== undefined && <UseSettingsButton store={store} editor={editor} />}</div>}
      </header>
      <form class="st-settings" aria-label={t('studio.settings')} onSubmit={(event) => { event.preventDefault(); void store.start(); }}>
        {draft && <><StartButton store={store} /><SourceForm store={store} api={api} node={draft.source} /><ProducerForm store={store} node={draft.producer} /><AlgoForms store={store} algos={draft.algos} /></>}
      </form>
      <main class="st-main">
        {store.failure.value && <Trouble error={store.failure.value} />}
        {store.isGone.value && <p role="status">{t('studio.gone')}</p>}
        {draft && <Shown {...props} draft={draft} rows={props.results.rows.value} />}
      </main>
      {isExporting && draft && <ExportDialog api={api} draft={draft} close={() => { setExporting(false); }} />}
    </div>
  );
}

/** Enter in any of the fields does the same. */
function StartButton({ store }: { readonly store: StudioStore }): JSX.Element {
  const state = store.stream.value?.state ?? 'idle';
  const isOver = state === 'idle' || state === 'finished' || state === 'failed';
  const text = isOver ? t('controls.start') : t(store.isChanged.value ? 'studio.apply' : 'studio.again');
  return <button type="submit" class={`st-start${store.isChanged.value || isOver ? ' st-wanted' : ''}`} disabled={store.isStarting.value}><Icon name="play" /> {text}</button>;
}

function Shown({ store, streams, feed, draft, rows }: StudioProps & { readonly draft: Draft; readonly rows: readonly ResultRow[] }): JSX.Element {
  const [shows, setShows] = useState({ picture: true, data: true });
  const stream = store.stream.value;
  const box = (what: keyof typeof shows): JSX.Element => (
    <label><input type="checkbox" checked={shows[what]} onChange={() => { setShows({ ...shows, [what]: !shows[what] }); }} /> {t(`studio.show.${what}`)}</label>
  );
  return (
    <>
      <div class="st-bar">
        {stream && <StreamState stream={stream} />}
        <span class="st-shows">{box('picture')}{box('data')}</span>
      </div>
      {shows.picture && <OverlayPicture feed={feed} stream={stream} />}
      {stream && <><Controls stream={stream} store={streams} canStart={false} /><Figures stream={stream} />{stream.error && <Trouble error={stream.error} />}</>}
      {shows.data && (
        <Tabs label={t('studio.results')} tabs={[
          ...draft.algos.map((algo) => ({
            key: algo.key, label: nameOf(algo),
            content: () => <ResultTab key={algo.key} rows={rows.filter((row) => row.algo === algo.key)} algo={stream?.algos.find(({ id }) => id === algo.key)} />,
          })),
          { key: 'timeline', label: t('studio.timeline'), content: () => <TimelineTab rows={rows} algos={draft.algos} /> },
          { key: 'compare', label: t('studio.compare'), content: () => <CompareTab algos={draft.algos} rows={rows} feed={feed} streamId={stream?.id} /> },
        ]} />
      )}
    </>
  );
}
