import type { JSX } from 'preact';

import { t, textOf } from './i18n.js';

/** What went wrong, and what to do. */
export function Trouble({ error: { code, message } }: { readonly error: { readonly code: string; readonly message: string } }): JSX.Element {
  const advice = textOf(`advice.${code}`) ?? (code.startsWith('HTTP_40') ? t('advice.HTTP_403') : undefined);
  return (
    <div class="si-trouble" role="alert">
      <strong>{message}</strong>
      {advice !== undefined && <p>{advice}</p>}
    </div>
  );
}
