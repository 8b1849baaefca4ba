import type { JSX } from 'preact';

import type { EngineView } from '../../plugins/live/contract.js';
import { bytes } from '../shared/format.js';
import { t } from '../shared/i18n.js';

/** What the engine processes take. */
export function Engines({ engines }: { readonly engines: readonly EngineView[] }): JSX.Element {
  return (
    <section class="si-engines" aria-labelledby="si-engines">
      <h3 id="si-engines">{t('engine.title')}</h3>
      <ul>{engines.map((engine) => <li key={engine.id}>{loadOf(engine)}</li>)}</ul>
    </section>
  );
}

function loadOf({ name, isReady, cpuPercent, memoryBytes, streamIds }: EngineView): string {
  const parts = [
    name || t('engine.default'),
    t('engine.streams', { count: streamIds.length }),
    isReady ? undefined : t('engine.busy'),
    cpuPercent === undefined ? undefined : t('engine.cpu', { percent: cpuPercent }),
    memoryBytes === undefined ? undefined : bytes(memoryBytes),
  ];
  return parts.filter((part) => part !== undefined).join(' · ');
}
