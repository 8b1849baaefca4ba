import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { DevicesAnswer, Draft, DraftNode } from '../../plugins/studio/contract.js';
import { t } from '../shared/i18n.js';
import { CameraFinder } from './camera-finder.js';
import { type Field, Fields } from './fields.js';
import { FileBrowser } from './file-browser.js';
import { LoginFields } from './login-fields.js';
import type { StudioApi } from './studio-api.js';
import type { StudioStore } from './studio-store.js';

const LOCATION: readonly Field[] = [{ key: 'location', input: 'text', proposals: 'st-locations' }];
const PLAY: readonly Field[] = [{ key: 'mode', input: ['realtime', 'offline'] }, { key: 'position', input: 'number' }, { key: 'loop', input: 'check' }];
const FRAMES: readonly Field[] = [
  { key: 'width', input: 'number' }, { key: 'height', input: 'number' }, { key: 'fps', input: 'number' },
  { key: 'format', input: ['bgr24', 'rgb24', 'gray8', 'rgba'] }, { key: 'backend', input: ['auto', 'libav', 'ffmpeg'] },
];

type FormProps = { readonly store: StudioStore; readonly api: StudioApi; readonly node: Draft['source'] };

/** What is played. */
export function SourceForm({ store, api, node: { id, config, login = {} } }: FormProps): JSX.Element {
  const [open, setOpen] = useState<'files' | 'cameras'>();
  const devices = useDevices(api);
  const change = (given: Parameters<StudioStore['set']>[1]): void => { store.set('source', given); };
  const engines = store.engines.value;
  const opener = (what: 'files' | 'cameras', text: string): JSX.Element => (
    <button type="button" aria-expanded={open === what} onClick={() => { setOpen(open === what ? undefined : what); }}>{text}</button>
  );
  return (
    <fieldset class="st-part">
      <legend>{t('studio.source')}</legend>
      <Fields fields={LOCATION} config={config} onChange={change} />
      <datalist id="st-locations">
        <option value="test:">{t('studio.testPattern')}</option>
        {devices.map(({ location, name }) => <option key={location} value={location}>{name}</option>)}
      </datalist>
      <div class="si-buttons">
        {opener('files', t('studio.browse'))}
        {opener('cameras', t('studio.cameras'))}
        {devices.map(({ location, name }) => <button key={location} type="button" onClick={() => { change({ location }); }} title={location}>{name}</button>)}
      </div>
      {(open === 'cameras' || hasLogin(String(config['location'] ?? ''))) && <LoginFields login={login} isOfNode={id !== undefined} onChange={(change) => { store.setLogin(change); }} />}
      {open === 'cameras' && <CameraFinder api={api} login={login} onChoose={(location) => { change({ location }); }} />}
      {open === 'files' && <FileBrowser api={api} engine={String(config['engine'] ?? '')} onChoose={(location) => { change({ location }); }} />}
      <Fields fields={PLAY} config={config} onChange={change} />
      {engines.length > 1 && (
        <label class="st-field">{t('studio.field.engine')}
          <select value={String(config['engine'] ?? '')} onChange={(event) => { change({ engine: event.currentTarget.value }); }}>
            {engines.map(({ id, name }) => <option key={id} value={id}>{name || (id === '' ? t('engine.default') : id)}</option>)}
          </select>
        </label>
      )}
    </fieldset>
  );
}

/** Whether what is played may want a user and a password. */
function hasLogin(location: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(location);
}

/** How frames are made of it. */
export function ProducerForm({ store, node: { config } }: Pick<FormProps, 'store'> & { readonly node: DraftNode }): JSX.Element {
  return (
    <fieldset class="st-part">
      <legend>{t('studio.producer')}</legend>
      <Fields fields={FRAMES} config={config} onChange={(change) => { store.set('producer', change); }} />
    </fieldset>
  );
}

/** Those that are there when the page opens. */
function useDevices(api: StudioApi): DevicesAnswer['devices'] {
  const [devices, setDevices] = useState<DevicesAnswer['devices']>([]);
  useEffect(() => {
    // they are a help: without the answer they are typed
    api.devices().then(({ devices: found }) => { setDevices(found); }, () => undefined);
  }, [api]);
  return devices;
}
