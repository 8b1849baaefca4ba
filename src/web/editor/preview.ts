import { effect } from '@preact/signals';

import type { LivePicture, StreamView } from '../../plugins/live/contract.js';
import { t } from '../shared/i18n.js';
import { dataUrl, type PictureFeed, type Showing } from '../shared/pictures.js';
import { addBadge, type EditorNode, onNodes, redrawNode } from './red.js';
import { canShow, choose, isShown } from './shown-previews.js';
import type { StreamStore } from '../shared/store.js';

const SVG = 'http://www.w3.org/2000/svg';
/** Pixels on the canvas. */
const WIDTH = 160;
const EMPTY_HEIGHT = 90;
const GAP = { plain: 6, underBadge: 22 } as const;

export type PreviewParts = {
  readonly store: StreamStore;
  readonly feed: PictureFeed;
  /** Somebody wants to see more of it. */
  readonly enlarge: (stream: StreamView) => void;
};

/** Small live pictures under nodes of the visible flow, and the badge that switches them. */
export function showPreviews(parts: PreviewParts): void {
  const previews = new Map<string, NodePreview>();
  const remove = (id: string): void => {
    previews.get(id)?.remove();
    previews.delete(id);
  };
  onNodes('viewRedrawNode', (node, group) => {
    const known = previews.get(node.id);
    if (known !== undefined && (!isShown(node) || known.group !== group)) remove(node.id);
    if (!isShown(node)) return;
    const preview = previews.get(node.id) ?? new NodePreview(parts, node, group);
    previews.set(node.id, preview);
    preview.place();
  });
  onNodes('viewRemoveNode', ({ id }) => { remove(id); });
  addBadge({ class: 'si-badge', element: eye, show: canShow });
}

/** A click on it shows or hides the node's picture. */
function eye(node: EditorNode): SVGElement {
  const group = create('g', { class: 'si-eye' });
  const title = create('title', {});
  title.textContent = t('preview.switch');
  group.append(title, create('rect', { x: -3, y: -3, width: 18, height: 14, rx: 3 }), create('path', { d: 'M0 4q6-7 12 0q-6 7-12 0z' }), create('circle', { cx: 6, cy: 4, r: 1.8 }));
  for (const event of ['mousedown', 'mouseup', 'touchstart', 'touchend', 'dblclick']) group.addEventListener(event, (given) => { given.stopPropagation(); });
  group.addEventListener('click', (event) => {
    event.stopPropagation();
    choose(node, !isShown(node));
    redrawNode(node);
  });
  return group;
}

/** The picture under one node. */
class NodePreview {
  readonly group: SVGGElement;
  readonly #parts: PreviewParts;
  readonly #node: EditorNode;
  readonly #root = create('g', { class: 'si-preview' });
  readonly #frame = create('rect', { width: WIDTH, height: EMPTY_HEIGHT, rx: 3 });
  readonly #image = create('image', { width: WIDTH, height: EMPTY_HEIGHT });
  readonly #note = create('text', { x: WIDTH / 2, y: EMPTY_HEIGHT / 2 });
  readonly #seen: IntersectionObserver;
  readonly #unwatch: () => void;
  readonly #endEffect: () => void;
  #isSeen = false;
  #stream: StreamView | undefined;
  /** What is asked for now, and the way to ask no more. */
  #asked: { readonly wish: string; readonly end: () => void } | undefined;

  constructor(parts: PreviewParts, node: EditorNode, group: SVGGElement) {
    this.group = group;
    this.#parts = parts;
    this.#node = node;
    this.#root.append(this.#frame, this.#image, this.#note);
    for (const event of ['mousedown', 'mouseup']) this.#root.addEventListener(event, (given) => { given.stopPropagation(); });
    this.#root.addEventListener('click', (event) => {
      event.stopPropagation();
      if (this.#stream !== undefined) parts.enlarge(this.#stream);
    });
    group.append(this.#root);
    this.#seen = new IntersectionObserver((entries) => {
      this.#isSeen = entries.at(-1)?.isIntersecting ?? false;
      this.#ask();
    });
    this.#seen.observe(this.#image);
    this.#unwatch = parts.store.watch();
    this.#endEffect = effect(() => {
      this.#stream = parts.store.streams.value.find(({ nodeIds }) => nodeIds.includes(node.id));
      this.#ask();
    });
  }

  /** Where the node is now. */
  place(): void {
    const gap = this.#node.status === undefined ? GAP.plain : GAP.underBadge;
    this.#root.setAttribute('transform', `translate(${(this.#node.w - WIDTH) / 2}, ${this.#node.h + gap})`);
  }

  remove(): void {
    this.#asked?.end();
    this.#asked = undefined;
    this.#seen.disconnect();
    this.#endEffect();
    this.#unwatch();
    this.#root.remove();
  }

  /** For pictures of the stream as it is now, if they can be seen. */
  #ask(): void {
    const stream = this.#stream;
    this.#note.textContent = stream === undefined ? t('preview.none') : noteOf(stream);
    const plays = this.#isSeen && stream !== undefined && (stream.state === 'playing' || stream.state === 'paused');
    const wish = plays ? JSON.stringify(this.#showing(stream)) : undefined;
    if (wish === this.#asked?.wish) return;
    this.#asked?.end();
    this.#asked = wish === undefined ? undefined : { wish, end: this.#parts.feed.show(JSON.parse(wish) as Showing, (picture) => { this.#draw(picture); }) };
  }

  /** Under an algo its own results; under the others those of all. */
  #showing(stream: StreamView): Showing {
    return { stream: stream.id, width: WIDTH, ...(this.#node.type === 'stream-algo' && { draw: [this.#node.id] }) };
  }

  #draw(picture: LivePicture): void {
    const height = String(Math.round((WIDTH * picture.height) / picture.width));
    this.#image.setAttribute('href', dataUrl(picture));
    this.#image.setAttribute('height', height);
    this.#frame.setAttribute('height', height);
  }
}

/** What stands there while nothing moves. */
function noteOf({ state }: StreamView): string {
  return state === 'playing' || state === 'paused' ? '' : t(`state.${state}`);
}

function create<K extends keyof SVGElementTagNameMap>(name: K, attributes: Readonly<Record<string, string | number>>): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}
