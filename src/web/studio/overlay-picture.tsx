import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { StreamView } from '../../plugins/live/contract.js';
import { t } from '../shared/i18n.js';
import { LivePicture } from '../shared/live-picture.js';
import type { PictureFeed } from '../shared/pictures.js';

/** The stream as it plays, with what the algos found; each can be left out. */
export function OverlayPicture({ feed, stream }: { readonly feed: PictureFeed; readonly stream: StreamView | undefined }): JSX.Element {
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  if (stream === undefined) return <div class="si-picture"><p>{t('studio.startFirst')}</p></div>;
  const toggle = (id: string): void => {
    const next = new Set(hidden);
    if (!next.delete(id)) next.add(id);
    setHidden(next);
  };
  const draw = stream.algos.map(({ id }) => id).filter((id) => !hidden.has(id));
  return (
    <>
      <LivePicture feed={feed} showing={{ stream: stream.id, width: Math.min(1280, stream.width ?? 1280), everyMs: 60, draw }} alt={t('card.picture', { name: stream.name })} placeholder={t(stream.state === 'playing' ? 'picture.coming' : 'picture.none')} />
      {stream.algos.length > 0 && (
        <fieldset class="si-overlays">
          <legend>{t('large.draw')}</legend>
          {stream.algos.map(({ id, name }) => <label key={id}><input type="checkbox" checked={!hidden.has(id)} onChange={() => { toggle(id); }} /> {name}</label>)}
        </fieldset>
      )}
    </>
  );
}
