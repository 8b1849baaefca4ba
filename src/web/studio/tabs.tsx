import type { ComponentChildren, JSX } from 'preact';
import { useId, useRef, useState } from 'preact/hooks';

export type Tab = { readonly key: string; readonly label: string; readonly content: () => ComponentChildren };

/** Tabs as assistive technology knows them: arrows, Home and End go from one to the next. */
export function Tabs({ tabs, label }: { readonly tabs: readonly Tab[]; readonly label: string }): JSX.Element {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const [chosen, choose] = useState<string>();
  const current = Math.max(0, tabs.findIndex(({ key }) => key === chosen));
  const go = (event: KeyboardEvent): void => {
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1 + tabs.length, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(tabs[to % tabs.length]?.key);
    (list.current?.children[to % tabs.length] as HTMLElement | undefined)?.focus();
  };
  return (
    <section class="st-tabs">
      <div role="tablist" aria-label={label} ref={list} onKeyDown={go}>
        {tabs.map(({ key, label: text }, i) => (
          <button key={key} type="button" role="tab" id={`${id}-${key}`} aria-selected={i === current} aria-controls={`${id}-panel`} tabIndex={i === current ? 0 : -1} onClick={() => { choose(key); }}>{text}</button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tabs[current]?.key ?? ''}`} tabIndex={0}>{tabs[current]?.content()}</div>
    </section>
  );
}
