import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { CameraAnswer, CamerasAnswer, Login } from '../../plugins/studio/contract.js';
import { t } from '../shared/i18n.js';
import { type Failure, failureOf } from '../shared/store.js';
import { Trouble } from '../shared/trouble.js';
import type { StudioApi } from './studio-api.js';

type CameraFinderProps = { readonly api: StudioApi; readonly login: Login; readonly onChoose: (location: string) => void };

/** Cameras of the network, then the streams of one of them. */
export function CameraFinder({ api, login, onChoose }: CameraFinderProps): JSX.Element {
  const [address, setAddress] = useState('');
  const cameras = useAnswer<CamerasAnswer['cameras']>();
  const streams = useAnswer<CameraAnswer['streams']>();
  const find = (): void => { cameras.ask((signal) => api.cameras(signal)); };
  const look = (where: string): void => {
    setAddress(where);
    streams.ask((signal) => api.streamsOfCamera({ address: where, ...login }, signal));
  };
  useEffect(find, [api]);
  return (
    <div class="st-files" role="group" aria-label={t('studio.cameras')}>
      <p class="st-note" role="status">{cameras.isAsking ? t('studio.cameras.asking') : cameras.answer && t(cameras.answer.length === 0 ? 'studio.cameras.none' : 'studio.cameras.found', { count: cameras.answer.length })}</p>
      {cameras.failure && <Trouble error={cameras.failure} />}
      <ul>{cameras.answer?.map((camera) => <li key={camera.address}><button type="button" aria-pressed={camera.address === address} onClick={() => { look(camera.address); }}>{camera.name} <small>{new URL(camera.address).host}</small></button></li>)}</ul>
      <label class="st-field">{t('studio.cameras.address')}
        <input type="text" spellcheck={false} autocomplete="off" placeholder="192.168.1.20" value={address} onInput={(event) => { setAddress(event.currentTarget.value); }} />
      </label>
      <div class="si-buttons">
        <button type="button" disabled={address.trim() === '' || streams.isAsking} onClick={() => { look(address); }}>{t('studio.cameras.streams')}</button>
        <button type="button" disabled={cameras.isAsking} onClick={find}>{t('studio.cameras.again')}</button>
      </div>
      {streams.isAsking && <p class="st-note" role="status">{t('studio.cameras.connecting')}</p>}
      {streams.failure && <Trouble error={streams.failure} />}
      <ul>{streams.answer?.map((stream) => <li key={stream.location}><button type="button" title={stream.location} onClick={() => { onChoose(stream.location); }}>{stream.name} <small>{textOfStream(stream)}</small></button></li>)}</ul>
    </div>
  );
}

function textOfStream({ codec, width, height, fps }: CameraAnswer['streams'][number]): string {
  return [codec, width !== undefined && height !== undefined && `${width}×${height}`, fps !== undefined && `${fps} fps`].filter(Boolean).join(', ');
}

type Asked<T> = { readonly isAsking: boolean; readonly answer?: T; readonly failure?: Failure };

/** The answer to the newest question, which the one before gives way to. */
function useAnswer<T>(): Asked<T> & { ask(question: (signal: AbortSignal) => Promise<T>): void } {
  const [asked, setAsked] = useState<Asked<T>>({ isAsking: false });
  const asking = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => { asking.current?.abort(); }, []);
  const ask = (question: (signal: AbortSignal) => Promise<T>): void => {
    asking.current?.abort();
    const { signal } = asking.current = new AbortController();
    const tell = (what: Asked<T>): void => { if (!signal.aborted) setAsked(what); };
    setAsked({ isAsking: true });
    question(signal).then((answer) => { tell({ isAsking: false, answer }); }, (error: unknown) => { tell({ isAsking: false, failure: failureOf(error) }); });
  };
  return { ...asked, ask };
}
