import { render, type JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { StreamView } from '../../plugins/live/contract.js';
import { Icon } from '../shared/icons.js';
import { t } from '../shared/i18n.js';
import { LivePicture } from '../shared/live-picture.js';
import type { PictureFeed } from '../shared/pictures.js';
import { AlgoTable } from '../shared/algo-table.js';
import { Controls } from '../shared/controls.js';
import type { StreamStore } from '../shared/store.js';
import { Figures, StreamState } from '../shared/stream-state.js';
import { Trouble } from '../shared/trouble.js';

type LargeViewParts = { readonly store: StreamStore; readonly feed: PictureFeed; readonly streamId: string };

/** Shows one stream over the whole page, until it is closed. */
export function openLargeView(parts: LargeViewParts): void {
  const place = document.createElement('div');
  place.className = 'si-page';
  document.body.append(place);
  const close = (): void => {
    render(null, place);
    place.remove();
  };
  render(<LargeView {...parts} close={close} />, place);
}

function LargeView({ store, feed, streamId, close }: LargeViewParts & { readonly close: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    return store.watch();
  }, [store]);
  const stream = store.streams.value.find(({ id }) => id === streamId);
  return (
    // the editor's shortcuts are not meant for it
    <dialog ref={dialog} class="si-large" aria-label={stream?.name ?? t('large.gone')} onClose={close} onKeyDown={(event) => { event.stopPropagation(); }}>
      <button type="button" class="si-close" onClick={() => { dialog.current?.close(); }} aria-label={t('large.close')} title={t('large.close')}><Icon name="close" /></button>
      {stream === undefined ? <p>{t('large.gone')}</p> : <Content stream={stream} store={store} feed={feed} />}
    </dialog>
  );
}

function Content({ stream, store, feed }: { readonly stream: StreamView; readonly store: StreamStore; readonly feed: PictureFeed }): JSX.Element {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const draw = stream.algos.map(({ id }) => id).filter((id) => !hidden.has(id));
  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  return (
    <>
      <header><h2>{stream.name}</h2><StreamState stream={stream} /></header>
      <LivePicture feed={feed} showing={{ stream: stream.id, width: Math.min(1280, stream.width ?? 1280), everyMs: 100, draw }} alt={t('card.picture', { name: stream.name })} placeholder={t(stream.state === 'playing' ? 'picture.coming' : 'picture.none')} />
      {stream.algos.length > 0 && (
        <fieldset class="si-overlays">
          <legend>{t('large.draw')}</legend>
          {stream.algos.map(({ id, name }) => (
            <label key={id}><input type="checkbox" checked={!hidden.has(id)} onChange={() => { toggle(id); }} /> {name}</label>
          ))}
        </fieldset>
      )}
      <Controls stream={stream} store={store} />
      <Figures stream={stream} />
      {stream.error && <Trouble error={stream.error} />}
      {stream.algos.length > 0 && <AlgoTable algos={stream.algos} />}
    </>
  );
}
