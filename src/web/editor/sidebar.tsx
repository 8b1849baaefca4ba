import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

import type { StreamView } from '../../plugins/live/contract.js';
import { t } from '../shared/i18n.js';
import type { PictureFeed } from '../shared/pictures.js';
import { Engines } from './engines.js';
import type { StreamStore } from '../shared/store.js';
import { StreamCard } from './stream-card.js';
import { openStudio } from './studio-link.js';
import { Trouble } from '../shared/trouble.js';

export type SidebarProps = {
  readonly store: StreamStore;
  readonly feed: PictureFeed;
  readonly enlarge: (stream: StreamView) => void;
};

/** All streams and engines, while its tab is open. */
export function Sidebar({ store, feed, enlarge }: SidebarProps): JSX.Element {
  const root = useRef<HTMLDivElement>(null);
  useWatch(store, root);
  const { streams, engines, failure, isKnown } = store;
  return (
    <div class="si-sidebar" ref={root}>
      <div class="si-buttons"><button type="button" onClick={() => { openStudio(); }}>{t('studio.open')}</button></div>
      {failure.value && <Trouble error={failure.value} />}
      {isKnown.value && streams.value.length === 0 && <p class="si-empty">{t('sidebar.empty')}</p>}
      {streams.value.map((stream) => <StreamCard key={stream.id} {...{ stream, store, feed, enlarge }} />)}
      {engines.value.length > 0 && <Engines engines={engines.value} />}
    </div>
  );
}

/** Watches while any of the element can be seen. */
function useWatch(store: StreamStore, element: { readonly current: HTMLElement | null }): void {
  useEffect(() => {
    let unwatch: (() => void) | undefined;
    const observer = new IntersectionObserver((entries) => {
      unwatch?.();
      unwatch = entries.at(-1)?.isIntersecting === true ? store.watch() : undefined;
    });
    if (element.current) observer.observe(element.current);
    return () => {
      observer.disconnect();
      unwatch?.();
    };
  }, [store]);
}
