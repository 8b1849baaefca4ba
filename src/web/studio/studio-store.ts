import { computed, signal } from '@preact/signals';

import type { Config, Draft, DraftAlgo, DraftNode, EngineChoice, Login, StudioSetup } from '../../plugins/studio/contract.js';
import type { StreamView } from '../../plugins/live/contract.js';
import { t } from '../shared/i18n.js';
import { type Failure, failureOf, type StreamStore } from '../shared/store.js';
import type { UseSettings } from '../shared/studio-channel.js';
import type { ResultFeed } from './result-feed.js';
import type { StudioApi } from './studio-api.js';

type Parts = { readonly api: StudioApi; readonly streams: StreamStore; readonly results: ResultFeed };

/** What is being tried out, and the stream that plays it. */
export class StudioStore {
  readonly draft = signal<Draft | undefined>(undefined);
  readonly engines = signal<readonly EngineChoice[]>([]);
  readonly models = signal<readonly string[]>([]);
  /** Why nothing plays, or nothing could be asked. */
  readonly failure = signal<Failure | undefined>(undefined);
  readonly streamId = signal<string | undefined>(undefined);
  readonly isStarting = signal(false);
  /** It ended without being asked to. */
  readonly isGone = signal(false);
  readonly stream = computed<StreamView | undefined>(() => this.#parts.streams.streams.value.find(({ id }) => id === this.streamId.value));
  /** Whether what plays is not what the forms say. */
  readonly isChanged = computed(() => this.streamId.value !== undefined && this.#played.value !== JSON.stringify(this.draft.value));
  /** What of the nodes' settings is not as it was taken from them. */
  readonly changes = computed(() => changesOf(this.#taken.value, this.draft.value));
  readonly #played = signal('');
  /** The draft as the nodes gave it. */
  readonly #taken = signal<Draft | undefined>(undefined);
  readonly #parts: Parts;
  #defaults: StudioSetup['defaults'] | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** What the page begins with: the stream that the node is in, else the test pattern and an algo that needs no model. */
  async begin(nodeId: string | undefined): Promise<void> {
    try {
      await this.#setUp(nodeId);
    } catch (error) {
      this.failure.value = failureOf(error);
      // one that is not deployed is no reason to have nothing
      if (nodeId !== undefined) await this.#setUp(undefined).catch(() => undefined);
    }
    // they are proposals: without them names are typed
    this.models.value = await this.#parts.api.models().catch(() => []);
  }

  async start(): Promise<void> {
    const draft = this.draft.value;
    if (draft === undefined || this.isStarting.value) return;
    this.isStarting.value = true;
    try {
      const id = await this.#parts.api.start(draft, this.streamId.value);
      this.failure.value = undefined;
      this.isGone.value = false;
      this.#played.value = JSON.stringify(draft);
      if (id !== this.streamId.value) this.#parts.results.follow(id, () => { this.#gone(); });
      this.streamId.value = id;
      this.#parts.streams.look();
    } catch (error) {
      this.failure.value = failureOf(error);
    } finally {
      this.isStarting.value = false;
    }
  }

  /** The page goes. */
  close(): void {
    if (this.streamId.value !== undefined) this.#parts.api.close(this.streamId.value);
  }

  set(part: 'source' | 'producer', change: Config): void {
    this.#change((draft) => ({ ...draft, [part]: { ...draft[part], config: { ...draft[part].config, ...change } } }));
  }

  /** User and password of the source; empty ones are none. */
  setLogin(change: Login): void {
    this.#change((draft) => ({ ...draft, source: { ...draft.source, login: { ...draft.source.login, ...change } } }));
  }

  setAlgo(key: string, change: Config): void {
    this.#change((draft) => ({ ...draft, algos: draft.algos.map((algo) => (algo.key === key ? { ...algo, config: { ...algo.config, ...change } } : algo)) }));
  }

  /** Another algo; `like`: with the settings of that one, for a comparison. */
  addAlgo(like?: DraftAlgo): void {
    this.#change((draft) => {
      const number = 1 + Math.max(0, ...draft.algos.map(({ key }) => Number(key.slice(1))));
      const config = like === undefined ? { ...this.#defaults?.algo } : { ...like.config, name: t('studio.variantOf', { name: nameOf(like) }) };
      return { ...draft, algos: [...draft.algos, { key: `a${number}`, config, ...(like?.behind !== undefined && { behind: like.behind }) }] };
    });
  }

  /** With it go those that stand behind it. */
  removeAlgo(key: string): void {
    this.#change((draft) => {
      const gone = new Set([key]);
      for (const algo of draft.algos) if (algo.behind !== undefined && gone.has(algo.behind)) gone.add(algo.key);
      return { ...draft, algos: draft.algos.filter((algo) => !gone.has(algo.key)) };
    });
  }

  async #setUp(nodeId: string | undefined): Promise<void> {
    const { defaults, engines, draft } = await this.#parts.api.setup(nodeId);
    this.#defaults = defaults;
    this.engines.value = engines;
    this.#taken.value = draft;
    this.draft.value = draft ?? {
      source: { config: { ...defaults.source, location: 'test:' } },
      producer: { config: defaults.producer },
      algos: [{ key: 'a1', config: { ...defaults.algo, kind: 'motion', name: t('studio.motion') } }],
    };
  }

  #change(make: (draft: Draft) => Draft): void {
    if (this.draft.value !== undefined) this.draft.value = make(this.draft.value);
  }

  #gone(): void {
    this.streamId.value = undefined;
    this.isGone.value = true;
  }
}

function changesOf(taken: Draft | undefined, draft: Draft | undefined): UseSettings['nodes'] {
  if (taken === undefined || draft === undefined) return [];
  const before = new Map(nodesOf(taken).map(({ id, config }) => [id, config]));
  return nodesOf(draft).flatMap(({ id, config, login }) => {
    const changed = Object.entries(config).filter(([key, value]) => before.get(id)?.[key] !== value);
    return id === undefined || (changed.length === 0 && login === undefined) ? [] : [{ id, config: Object.fromEntries(changed), ...(login && { login }) }];
  });
}

function nodesOf({ source, producer, algos }: Draft): readonly (DraftNode & { readonly login?: Login })[] {
  return [source, producer, ...algos];
}

/** What an algo is called on the page. */
export function nameOf({ key, config }: DraftAlgo): string {
  const name = String(config['name'] ?? '').trim();
  return name === '' ? `${String(config['kind'])} ${key.slice(1)}` : name;
}
