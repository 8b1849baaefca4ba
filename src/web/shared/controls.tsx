import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { StreamRequest, StreamState, StreamView } from '../../plugins/live/contract.js';
import { clockTime } from './format.js';
import { Icon } from './icons.js';
import { t } from './i18n.js';
import type { Failure, StreamStore } from './store.js';
import { Trouble } from './trouble.js';

type Action = Exclude<StreamRequest['action'], 'seek'>;

/** What can be asked of a stream that is so. */
const ACTIONS: Readonly<Record<StreamState, readonly Action[]>> = {
  idle: ['start'],
  finished: ['start'],
  failed: ['start', 'stop'],
  connecting: ['stop'],
  stalled: ['stop'],
  playing: ['pause', 'stop'],
  paused: ['resume', 'step', 'stop'],
};
const ICONS = { start: 'play', resume: 'play', pause: 'pause', step: 'step', stop: 'stop' } as const;

export type ControlsProps = {
  readonly stream: StreamView;
  readonly store: StreamStore;
  /** False: it is started elsewhere. */
  readonly canStart?: boolean;
};

/** Buttons, and how far it is. */
export function Controls({ stream, store, canStart = true }: ControlsProps): JSX.Element {
  const [failure, setFailure] = useState<Failure>();
  const tell = (request: StreamRequest): void => { void store.tell(stream.id, request).then(setFailure); };
  return (
    <div class="si-controls">
      <div class="si-buttons" role="group" aria-label={t('controls.of', { name: stream.name })}>
        {ACTIONS[stream.state].filter((action) => canStart || action !== 'start').map((action) => (
          <button key={action} type="button" onClick={() => { tell({ action }); }}>
            <Icon name={ICONS[action]} /> {t(`controls.${action}`)}
          </button>
        ))}
      </div>
      <Progress stream={stream} seek={(position) => { tell({ action: 'seek', position }); }} />
      {failure && <Trouble error={failure} />}
    </div>
  );
}

/** Of a file, a bar that can be moved; of an offline run one that shows; of a live stream the time. */
function Progress({ stream, seek }: { readonly stream: StreamView; readonly seek: (position: number) => void }): JSX.Element | null {
  const { name, mode, state, position, duration, isLive, percent, eta } = stream;
  if (position === undefined) return null;
  const left = eta === undefined ? '' : ` · ${t('controls.left', { time: clockTime(eta) })}`;
  if (isLive === true || duration === undefined || duration <= 0) return <p class="si-time">{clockTime(position)}</p>;
  const time = `${clockTime(position)} / ${clockTime(duration)}${left}`;
  const canSeek = mode === 'realtime' && (state === 'playing' || state === 'paused');
  return (
    <div class="si-progress">
      {canSeek
        ? <input type="range" min={0} max={duration} step="any" value={position} aria-label={t('controls.position', { name })} aria-valuetext={time} onChange={(event) => { seek(event.currentTarget.valueAsNumber); }} />
        : <progress max={100} value={percent ?? (100 * position) / duration} aria-label={t('controls.progress', { name })} />}
      <span class="si-time">{time}</span>
    </div>
  );
}
