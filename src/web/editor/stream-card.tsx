import type { JSX } from 'preact';

import type { StreamView } from '../../plugins/live/contract.js';
import { short } from '../shared/format.js';
import { Icon } from '../shared/icons.js';
import { t, textOf } from '../shared/i18n.js';
import { LivePicture } from '../shared/live-picture.js';
import type { PictureFeed } from '../shared/pictures.js';
import { AlgoTable } from './algo-table.js';
import { Controls } from './controls.js';
import { reveal } from './red.js';
import type { StreamStore } from './store.js';
import { Trouble } from './trouble.js';

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
        <h3>{sourceId === undefined ? name : <button type="button" class="si-link" onClick={() => { reveal(sourceId); }} title={t('card.reveal')}>{name}</button>}</h3>
        <StreamState stream={stream} />
      </header>
      {hasPicture && (
        <button type="button" class="si-show" onClick={() => { enlarge(stream); }} aria-label={t('card.enlarge', { name })} title={t('card.enlarge', { name })}>
          <LivePicture feed={feed} showing={{ stream: id, width: 320, everyMs: 500 }} alt={t('card.picture', { name })} placeholder={t('picture.coming')} />
          <Icon name="enlarge" />
        </button>
      )}
      <Controls stream={stream} store={store} />
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

export function StreamState({ stream: { state, picture } }: { readonly stream: StreamView }): JSX.Element {
  return (
    <span class="si-state">
      <span class={`si-dot si-${state}`} aria-hidden="true" />
      {t(`state.${state}`)}{picture !== undefined && ` · ${t(`picture.${picture}`)}`}
    </span>
  );
}

/** Size, rate, and what was left out. */
export function Figures({ stream: { width, height, fps, nominalFps, dropped } }: { readonly stream: StreamView }): JSX.Element | null {
  const left = Object.entries(dropped).filter(([, count]) => count > 0).map(([cause, count]) => `${count} ${textOf(`drop.${cause}`) ?? cause}`);
  const parts = [
    width !== undefined && height !== undefined ? `${width} × ${height}` : undefined,
    fps === undefined ? undefined : t('card.fps', { fps: short(fps) }) + (nominalFps === undefined ? '' : ` ${t('card.of', { fps: short(nominalFps) })}`),
    left.length > 0 ? t('card.dropped', { what: left.join(', ') }) : undefined,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? null : <p class="si-figures">{parts.join(' · ')}</p>;
}
