import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

import type { Login } from '../../plugins/studio/contract.js';
import { t } from '../shared/i18n.js';

export type LoginFieldsProps = {
  readonly login: Login;
  /** The settings were taken from a node, which may have a user and a password. */
  readonly isOfNode: boolean;
  readonly onChange: (change: Login) => void;
};

/** User and password of a camera or stream, in fields of their own and never in its address. */
export function LoginFields({ login: { username = '', password = '' }, isOfNode, onChange }: LoginFieldsProps): JSX.Element {
  const [user, secret] = [useId(), useId()];
  const placeholder = isOfNode ? t('studio.login.ofNode') : '';
  return (
    <div class="st-login">
      <div class="st-field">
        <label for={user}>{t('studio.login.user')}</label>
        <input id={user} type="text" spellcheck={false} autocomplete="off" placeholder={placeholder} value={username} onInput={(event) => { onChange({ username: event.currentTarget.value }); }} />
      </div>
      <div class="st-field">
        <label for={secret}>{t('studio.login.password')}</label>
        <input id={secret} type="password" autocomplete="new-password" placeholder={placeholder} value={password} onInput={(event) => { onChange({ password: event.currentTarget.value }); }} />
      </div>
    </div>
  );
}
