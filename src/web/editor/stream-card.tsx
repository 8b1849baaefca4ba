import type { JSX } from 'preact';

import type { StreamView } from '../../plugins/live/contract.js';
import { Icon } from '../shared/icons.js';
import { t } from '../shared/i18n.js';
import { LivePicture } from '../shared/live-picture.js';
import type { PictureFeed } from '../shared/pictures.js';
import { Figures, StreamState } from '../shared/stream-state.js';
import { AlgoTable } from '../shared/algo-table.js';
import { Controls } from '../shared/controls.js';
import { reveal } from './red.js';
import { openStudio } from './studio-link.js';
import type { StreamStore } from '../shared/store.js';
import { Trouble } from '../shared/trouble.js';

export type StreamCardProps = {
  readonly stream: StreamView;
  readonly store: StreamStore;
  readonly feed: PictureFeed;
  readonly enlarge: (stream: StreamView) => void;
};

/** One stream: what is seen of it, how it goes, and what it can be told. */
export function StreamCard({ stream, store, feed, enlarge }: StreamCardProps): JSX.Element {
  const { id, name, sourceId, state, algos, recorders, error } = stream;
  const hasPicture = state === 'playing' || state === 'paused';
  return (
    <article class="si-card" aria-label={name} data-stream={id}>
      <header>
        <h3>{sourceId === undefined ? <>{name} <small>{t('studio.tag')}</small></> : <button type="button" class="si-link" onClick={() => { reveal(sourceId); }} title={t('card.reveal')}>{name}</button>}</h3>
        <StreamState stream={stream} />
      </header>
      {hasPicture && (
        <button type="button" class="si-show" onClick={() => { enlarge(stream); }} aria-label={t('card.enlarge', { name })} title={t('card.enlarge', { name })}>
          <LivePicture feed={feed} showing={{ stream: id, width: 320, everyMs: 500 }} alt={t('card.picture', { name })} placeholder={t('picture.coming')} />
          <Icon name="enlarge" />
        </button>
      )}
      <Controls stream={stream} store={store} />
      {sourceId !== undefined && <button type="button" class="si-link si-try" onClick={() => { openStudio(sourceId); }}>{t('studio.try')}</button>}
      <Figures stream={stream} />
      {error && <Trouble error={error} />}
      {algos.length > 0 && <AlgoTable algos={algos} />}
      {recorders.map((recorder) => (
        <div key={recorder.id} class="si-recorder">
          <span class={recorder.isRecording ? 'si-dot si-recording' : 'si-dot'} aria-hidden="true" />
          {[recorder.name || t('recorder.default'), t(recorder.isRecording ? 'recorder.recording' : 'recorder.idle')].join(': ')}
          {recorder.path !== undefined && <small>{recorder.path}</small>}
          {recorder.error && <Trouble error={recorder.error} />}
        </div>
      ))}
    </article>
  );
}
