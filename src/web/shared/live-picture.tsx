import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { LivePicture as Picture } from '../../plugins/live/contract.js';
import { dataUrl, type PictureFeed, type Showing } from './pictures.js';

export type LivePictureProps = {
  readonly feed: PictureFeed;
  readonly showing: Showing;
  /** What is seen, for those who do not see it. */
  readonly alt: string;
  /** Stands there until the first picture. */
  readonly placeholder: string;
  readonly onPicture?: ((picture: Picture) => void) | undefined;
};

/** A stream as it plays, asked for only while it can be seen. */
export function LivePicture({ feed, showing, alt, placeholder, onPicture }: LivePictureProps): JSX.Element {
  const frame = useRef<HTMLDivElement>(null);
  const [picture, setPicture] = useState<Picture>();
  const isSeen = useIsSeen(frame);
  const wanted = JSON.stringify(showing);
  useEffect(() => {
    if (!isSeen) return undefined;
    return feed.show(JSON.parse(wanted) as Showing, (next) => {
      setPicture(next);
      onPicture?.(next);
    });
    // a callback that is new at each rendering is no reason to ask anew
  }, [feed, wanted, isSeen]);
  return (
    <div class="si-picture" ref={frame}>
      {picture === undefined ? <p>{placeholder}</p> : <img src={dataUrl(picture)} alt={alt} width={picture.width} height={picture.height} />}
    </div>
  );
}

/** Whether any of it is on the screen: not scrolled away, not on a tab behind. */
function useIsSeen(element: { readonly current: HTMLElement | null }): boolean {
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => { setIsSeen(entries.at(-1)?.isIntersecting ?? false); });
    if (element.current) observer.observe(element.current);
    return () => { observer.disconnect(); };
  }, []);
  return isSeen;
}
