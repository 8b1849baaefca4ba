import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { t } from '../shared/i18n.js';
import { openChannel, type SettingsUsed, type StudioMessage } from '../shared/studio-channel.js';
import type { StudioStore } from './studio-store.js';

/** Milliseconds that the editor has to answer. */
const PATIENCE_MS = 2000;

/** Has the editor put the settings into the nodes that they were taken from. */
export function UseSettingsButton({ store, editor }: { readonly store: StudioStore; readonly editor: string }): JSX.Element {
  const [note, setNote] = useState('');
  const added = store.draft.value?.algos.filter(({ id }) => id === undefined).length ?? 0;
  const use = async (): Promise<void> => {
    const used = await ask({ kind: 'use', editor, nodes: store.changes.value });
    const parts = used === undefined ? [t('studio.noEditor')] : [
      used.changed === 0 && used.missing === 0 ? t('studio.usedNone') : t('studio.used', { count: used.changed }),
      ...(used.missing > 0 ? [t('studio.usedMissing', { count: used.missing })] : []),
      ...(added > 0 ? [t('studio.usedAdded', { count: added })] : []),
    ];
    setNote(parts.join(' '));
  };
  return (
    <>
      <button type="button" onClick={() => { void use(); }}>{t('studio.use')}</button>
      <span role="status" class="st-note">{note}</span>
    </>
  );
}

/** Undefined where the editor does not answer: its page was closed. */
function ask(message: StudioMessage): Promise<SettingsUsed | undefined> {
  const channel = openChannel();
  return new Promise<SettingsUsed | undefined>((resolve) => {
    setTimeout(resolve, PATIENCE_MS, undefined);
    channel.onmessage = ({ data }: MessageEvent<StudioMessage>) => {
      if (data.kind === 'used' && data.editor === message.editor) resolve(data);
    };
    channel.postMessage(message);
  }).finally(() => { channel.close(); });
}
