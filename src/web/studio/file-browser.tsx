import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { FilesAnswer } from '../../plugins/studio/contract.js';
import { bytes } from '../shared/format.js';
import { t } from '../shared/i18n.js';
import { type Failure, failureOf } from '../shared/store.js';
import { Trouble } from '../shared/trouble.js';
import type { StudioApi } from './studio-api.js';

type FileBrowserProps = { readonly api: StudioApi; readonly engine: string; readonly onChoose: (path: string) => void };

/** Videos and images in the folders that the engine allows. */
export function FileBrowser({ api, engine, onChoose }: FileBrowserProps): JSX.Element {
  const [folder, setFolder] = useState<string>();
  const [answer, setAnswer] = useState<FilesAnswer>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    let isWanted = true;
    const show = (found: FilesAnswer | undefined, error?: unknown): void => {
      if (!isWanted) return;
      setAnswer(found);
      setFailure(error === undefined ? undefined : failureOf(error));
    };
    api.files(engine, folder).then(show, (error: unknown) => { show(undefined, error); });
    return () => { isWanted = false; };
  }, [api, engine, folder]);
  return (
    <div class="st-files" role="group" aria-label={t('studio.files')}>
      {failure && <Trouble error={failure} />}
      {failure && folder !== undefined && <button type="button" class="si-link" onClick={() => { setFolder(undefined); }}>{t('studio.folders')}</button>}
      {answer && <Entries answer={answer} onOpen={setFolder} onChoose={onChoose} />}
    </div>
  );
}

type EntriesProps = { readonly answer: FilesAnswer; readonly onOpen: (folder: string | undefined) => void; readonly onChoose: (path: string) => void };

function Entries({ answer: { folder, parent, folders, files, isCut }, onOpen, onChoose }: EntriesProps): JSX.Element {
  return (
    <>
      <p class="st-path">{folder ?? t('studio.folders')}</p>
      <ul>
        {folder !== undefined && <li><button type="button" onClick={() => { onOpen(parent); }}>↑ {t('studio.up')}</button></li>}
        {folders.map(({ name, path }) => <li key={path}><button type="button" onClick={() => { onOpen(path); }}>📁 {name}</button></li>)}
        {files.map(({ name, path, bytes: size }) => <li key={path}><button type="button" onClick={() => { onChoose(path); }}>{name} <small>{bytes(size)}</small></button></li>)}
      </ul>
      {folder !== undefined && <button type="button" class="si-link" onClick={() => { onChoose(folder); }}>{t('studio.wholeFolder')}</button>}
      {folder !== undefined && files.length + folders.length === 0 && <p>{t('studio.noFiles')}</p>}
      {isCut && <p>{t('studio.filesCut')}</p>}
    </>
  );
}
