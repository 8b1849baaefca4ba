import type { JSX } from 'preact';
import { useId } from 'preact/hooks';

import type { Config } from '../../plugins/studio/contract.js';
import { textOf } from '../shared/i18n.js';

/** A setting of a node as the page shows it. Its label is the text `studio.field.KEY`. */
export type Field = {
  readonly key: string;
  /** `number` is a text that says one, for it may be empty; a list: one of these. */
  readonly input: 'text' | 'number' | 'check' | 'area' | readonly string[];
  /** It has a row of its own; texts always have. */
  readonly isWide?: boolean;
  /** Id of a list of proposals. */
  readonly proposals?: string;
  readonly placeholder?: string;
};

export type FieldsProps = { readonly fields: readonly Field[]; readonly config: Config; readonly onChange: (change: Config) => void };

export function Fields({ fields, config, onChange }: FieldsProps): JSX.Element {
  return <div class="st-fields">{fields.map((field) => <FieldRow key={field.key} field={field} value={config[field.key] ?? ''} onChange={onChange} />)}</div>;
}

type RowProps = { readonly field: Field; readonly value: string | number | boolean; readonly onChange: (change: Config) => void };

function FieldRow({ field, value, onChange }: RowProps): JSX.Element {
  const id = useId();
  const { key, input, isWide } = field;
  const label = textOf(`studio.field.${key}`) ?? key;
  const change = (next: string | boolean): void => { onChange({ [key]: next }); };
  const wide = isWide === true || input === 'text' || input === 'area' ? ' st-wide' : '';
  if (input === 'check') {
    return <label class="st-field st-check"><input type="checkbox" checked={value === true || value === 'true'} onChange={(event) => { change(event.currentTarget.checked); }} /> {label}</label>;
  }
  return (
    <div class={`st-field${wide}`}>
      <label for={id}>{label}</label>
      <Input id={id} field={field} value={String(value)} onChange={change} />
    </div>
  );
}

function Input({ id, field: { key, input, proposals, placeholder }, value, onChange }: { readonly id: string; readonly field: Field; readonly value: string; readonly onChange: (value: string) => void }): JSX.Element {
  if (input === 'area') return <textarea id={id} rows={6} spellcheck={false} value={value} onInput={(event) => { onChange(event.currentTarget.value); }} />;
  if (typeof input === 'object') {
    return (
      <select id={id} value={value} onChange={(event) => { onChange(event.currentTarget.value); }}>
        {input.map((choice) => <option key={choice} value={choice}>{textOf(`studio.choice.${key}.${choice}`) ?? choice}</option>)}
      </select>
    );
  }
  return (
    <input id={id} type="text" inputMode={input === 'number' ? 'decimal' : 'text'} spellcheck={false} autocomplete="off" list={proposals}
      placeholder={placeholder ?? textOf(`studio.placeholder.${key}`)} value={value} onInput={(event) => { onChange(event.currentTarget.value); }} />
  );
}
