import type { JSX } from 'preact';

import type { StreamView } from '../../plugins/live/contract.js';
import { short } from './format.js';
import { t, textOf } from './i18n.js';

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
