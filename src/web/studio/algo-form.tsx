import type { JSX } from 'preact';

import type { DraftAlgo } from '../../plugins/studio/contract.js';
import { t } from '../shared/i18n.js';
import { type Field, Fields } from './fields.js';
import { nameOf, type StudioStore } from './studio-store.js';

const KINDS = ['onnx', 'motion', 'module', 'code', 'remote', 'python'] as const;
const HEAD: readonly Field[] = [{ key: 'name', input: 'text' }, { key: 'kind', input: KINDS, isWide: true }];
/** The three that say when it runs, and on which frames. */
const SCHEDULE: readonly Field[] = [{ key: 'frameCount', input: 'number' }, { key: 'frameStep', input: 'number' }, { key: 'interval', input: 'number' }];
const FOUND: readonly Field[] = [{ key: 'scoreThreshold', input: 'number' }, { key: 'iouThreshold', input: 'number' }, { key: 'labels', input: 'text' }];
/** What of each kind is changed most; the rest stays as it is in the node. */
const OF_KIND: Readonly<Record<string, readonly Field[]>> = {
  onnx: [{ key: 'model', input: 'text', proposals: 'st-models' }, ...FOUND],
  motion: [{ key: 'motionThreshold', input: 'number' }, { key: 'motionMinArea', input: 'number' }, { key: 'motionLearningRate', input: 'number' }],
  module: [{ key: 'module', input: 'text' }, { key: 'export', input: 'text' }, { key: 'kwargs', input: 'text' }],
  code: [{ key: 'code', input: 'area' }],
  remote: [{ key: 'remoteUrl', input: 'text' }, { key: 'remoteProtocol', input: ['http', 'grpc', 'json'] }, { key: 'remoteModel', input: 'text' }, ...FOUND],
  python: [{ key: 'pythonModule', input: 'text' }, { key: 'pythonClass', input: 'text' }, { key: 'pythonKwargs', input: 'text' }],
};
const LAST: readonly Field[] = [{ key: 'track', input: 'check' }];

/** What runs on the frames, and when. */
export function AlgoForms({ store, algos }: { readonly store: StudioStore; readonly algos: readonly DraftAlgo[] }): JSX.Element {
  return (
    <>
      {algos.map((algo) => <AlgoForm key={algo.key} store={store} algo={algo} algos={algos} />)}
      <datalist id="st-models">{store.models.value.map((model) => <option key={model} value={model} />)}</datalist>
      <div class="si-buttons"><button type="button" onClick={() => { store.addAlgo(); }}>+ {t('studio.addAlgo')}</button></div>
    </>
  );
}

function AlgoForm({ store, algo, algos }: { readonly store: StudioStore; readonly algo: DraftAlgo; readonly algos: readonly DraftAlgo[] }): JSX.Element {
  const { key, config, behind } = algo;
  const before = algos.find((one) => one.key === behind);
  return (
    <fieldset class="st-part" data-algo={key}>
      <legend>{nameOf(algo)}</legend>
      {[HEAD, OF_KIND[String(config['kind'])] ?? [], SCHEDULE, LAST].map((fields, i) => <Fields key={i} fields={fields} config={config} onChange={(change) => { store.setAlgo(key, change); }} />)}
      {before !== undefined && <p class="st-note">{t('studio.behind', { name: nameOf(before) })}</p>}
      <div class="si-buttons">
        <button type="button" onClick={() => { store.addAlgo(algo); }}>{t('studio.variant')}</button>
        <button type="button" onClick={() => { store.removeAlgo(key); }}>{t('studio.remove')}</button>
      </div>
    </fieldset>
  );
}
