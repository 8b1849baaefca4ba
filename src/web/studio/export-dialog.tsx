import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

import type { Draft, ExportAnswer } from '../../plugins/studio/contract.js';
import { Icon } from '../shared/icons.js';
import { t } from '../shared/i18n.js';
import { type Failure, failureOf } from '../shared/store.js';
import { Trouble } from '../shared/trouble.js';
import type { StudioApi } from './studio-api.js';
import { Tabs } from './tabs.js';

type ExportProps = { readonly api: StudioApi; readonly draft: Draft; readonly close: () => void };

/** What was tried out, to take along: as nodes, as a job, as a program. */
export function ExportDialog({ api, draft, close }: ExportProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [answer, setAnswer] = useState<ExportAnswer>();
  const [failure, setFailure] = useState<Failure>();
  useEffect(() => {
    dialog.current?.showModal();
    api.export(draft).then(setAnswer, (error: unknown) => { setFailure(failureOf(error)); });
    // what it was when the dialog was opened
  }, []);
  return (
    <dialog ref={dialog} class="st-dialog" aria-label={t('studio.export')} onClose={close}>
      <button type="button" class="st-close" onClick={() => { dialog.current?.close(); }} aria-label={t('large.close')} title={t('large.close')}><Icon name="close" /></button>
      <h2>{t('studio.export')}</h2>
      {failure && <Trouble error={failure} />}
      {answer && <Exports answer={answer} />}
    </dialog>
  );
}

function Exports({ answer: { flow, job, code, missing } }: { readonly answer: ExportAnswer }): JSX.Element {
  const texts = { flow: [JSON.stringify(flow, null, 2), 'studio-flow.json'], job: [JSON.stringify(job, null, 2), 'job.json'], code: [code, 'studio.cjs'] } as const;
  return (
    <>
      {missing.length > 0 && <p>{missing.map((what) => t(`studio.missing.${what}`)).join(' ')}</p>}
      <Tabs label={t('studio.export')} tabs={(['flow', 'job', 'code'] as const).map((key) => ({
        key, label: t(`studio.export.${key}`), content: () => <OneExport key={key} hint={t(`studio.exportHint.${key}`)} text={texts[key][0]} file={texts[key][1]} />,
      }))} />
    </>
  );
}

function OneExport({ hint, text, file }: { readonly hint: string; readonly text: string; readonly file: string }): JSX.Element {
  const [note, setNote] = useState('');
  const copy = (): void => {
    // without https there is no clipboard: the text can be marked
    Promise.resolve().then(() => navigator.clipboard.writeText(text)).then(() => { setNote(t('studio.copied')); }, () => { setNote(t('studio.copyByHand')); });
  };
  return (
    <>
      <p>{hint}</p>
      <div class="si-buttons">
        <button type="button" onClick={copy}>{t('studio.copy')}</button>
        <button type="button" onClick={() => { download(text, file); }}>{t('studio.download', { file })}</button>
        <span role="status" class="st-note">{note}</span>
      </div>
      <div class="st-scroll" tabIndex={0} role="region" aria-label={file}><pre>{text}</pre></div>
    </>
  );
}

function download(text: string, file: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = Object.assign(document.createElement('a'), { href: url, download: file });
  link.click();
  URL.revokeObjectURL(url);
}
