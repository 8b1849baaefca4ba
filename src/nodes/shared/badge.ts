import type { AlgoResult, Clock, EndReason, StreamEvent } from '../../runtime/index.js';
import type { Red, RedNode, RedStatus } from './red.js';
import type { Unreached } from './topology.js';

/** The text under a node, before it has words: what a colour and a shape mean is said here and nowhere else. */
export type Badge = {
  readonly look: 'idle' | 'opening' | 'working' | 'progress' | 'waiting' | 'over' | 'failed';
  readonly text: BadgeText;
  readonly values?: Readonly<Record<string, string | number>>;
  /** What is said behind it. */
  readonly notes?: readonly BadgeNote[];
};

export type BadgeNote = Pick<Badge, 'text' | 'values'>;

/** Ring: not at work (yet); dot: at work, or come to its end. */
const LOOKS: Readonly<Record<Badge['look'], RedStatus>> = {
  idle: { fill: 'grey', shape: 'ring' },
  opening: { fill: 'blue', shape: 'ring' },
  working: { fill: 'green', shape: 'dot' },
  progress: { fill: 'blue', shape: 'dot' },
  waiting: { fill: 'yellow', shape: 'ring' },
  over: { fill: 'grey', shape: 'dot' },
  failed: { fill: 'red', shape: 'dot' },
};

/** Which of several streams' badges a node shows: what needs a person first, what is over last. */
const URGENCY: readonly Badge['look'][] = ['failed', 'waiting', 'opening', 'progress', 'working', 'idle', 'over'];

/** English, for where the catalogs (`badge` in shared/locales) are not loaded. */
const TEXTS = {
  connecting: 'connecting',
  opening: 'opening',
  fetching: 'fetching __percent__ %',
  fetchingLicensed: 'fetching __percent__ % · __licence__',
  ready: 'ready',
  fps: '__fps__ fps',
  left: '__percent__ % __time__ left',
  percent: '__percent__ %',
  paused: 'paused',
  reconnecting: 'reconnecting in __seconds__ s',
  notAnswering: 'not answering, next try in __seconds__ s',
  crashed: 'engine crashed, restart in __seconds__ s',
  ended: 'ended',
  stopped: 'stopped',
  waiting: 'waits for a message',
  disabled: 'disabled',
  error: '__message__',
  noSource: 'no source',
  noTarget: 'no producer or algo',
  blocked: '__name__ stands in the way',
  blockedDisabled: '__name__ is disabled',
  otherNode: 'see __name__',
  result: '__what__ · __ms__ ms',
  kept: '__count__ results',
  recording: '● __time__',
  recorded: 'saved __file__',
  late: '__count__ late',
  network: '__count__ lost',
  decode: '__count__ not decoded',
  frozen: 'picture frozen',
  black: 'picture black',
  skips: 'skips __percent__ %',
  sinkWaits: '__name__: __count__ wait',
  sinkFails: '__count__ wait: __message__',
} as const;
export type BadgeText = keyof typeof TEXTS;

const PLACEHOLDER = /__(\w+?)__/g;

/** What stands in for the values of each text: themselves. */
const PLACEHOLDERS = Object.fromEntries(
  Object.entries(TEXTS).map(([text, words]) => [text, Object.fromEntries([...words.matchAll(PLACEHOLDER)].map(([placeholder, name]) => [name, placeholder]))]),
) as Readonly<Record<BadgeText, Readonly<Record<string, string>>>>;

/** Longest text that reads well under a node. */
const LONGEST = 60;

/** Milliseconds between two updates of one node: each goes to every open editor. */
const PAUSE_MS = 500;

/** What an event shows; undefined: nothing new. */
type EventBadges = { readonly [K in StreamEvent['event']]: (event: StreamEvent & { readonly event: K }) => Badge | undefined };

const nothingNew = (): undefined => undefined;

const STREAM_BADGES: EventBadges = {
  connecting: () => ({ look: 'opening', text: 'connecting' }),
  started: ({ stream }) => playing(stream.fps),
  reconnected: ({ stream }) => playing(stream.fps),
  progress,
  paused: () => ({ look: 'waiting', text: 'paused' }),
  resumed: nothingNew,
  stalled: ({ retryIn }) => ({ look: 'waiting', text: 'reconnecting', values: { seconds: Math.ceil(retryIn) } }),
  error: ({ error, fatal }) => (fatal ? failed(error.message) : undefined),
  ended: ({ reason, error }) => ended(reason, error?.message),
  picture: nothingNew,
  dropped: nothingNew,
  algo: nothingNew,
  recording: nothingNew,
  warning: nothingNew,
};

/** The badge after `event`, as a source and its producer show it; undefined: stays as it is. */
export function streamBadge(event: StreamEvent): Badge | undefined {
  return eventBadge(STREAM_BADGES, event);
}

/** What `own` says of the event, else what a source shows. */
export function badgeWith(own: Partial<EventBadges>): (event: StreamEvent) => Badge | undefined {
  const badges = { ...STREAM_BADGES, ...own };
  return (event) => eventBadge(badges, event);
}

function eventBadge(badges: EventBadges, event: StreamEvent): Badge | undefined {
  return (badges[event.event] as (event: StreamEvent) => Badge | undefined)(event);
}

/** An algo's badge while it opens: how much of its model is here, as long as some is missing. */
export function openingBadge(description: Readonly<Record<string, unknown>> = {}): Badge {
  const { downloaded, licence } = description;
  if (typeof downloaded !== 'number' || downloaded >= 100) return { look: 'opening', text: 'opening' };
  if (typeof licence !== 'string') return { look: 'opening', text: 'fetching', values: { percent: downloaded } };
  return { look: 'opening', text: 'fetchingLicensed', values: { percent: downloaded, licence } };
}

/** An algo's badge after a run: "3 person · 24 ms". */
export function resultBadge(result: AlgoResult, runs: number): Badge {
  const ms = Math.round(result.timing.inferenceMs);
  return { look: 'working', text: 'result', values: { what: summary(result.result) ?? `${runs} ×`, ms } };
}

/** "3 person, 1 car" of detections, most frequent first, "goldfish 82 %" of a classifier; undefined for results of another shape. */
function summary(result: unknown): string | undefined {
  if (!Array.isArray(result)) return undefined;
  const [best] = result as ({ label?: unknown; score?: unknown; box?: unknown } | null)[];
  if (typeof best?.label === 'string' && typeof best.score === 'number' && best.box === undefined) return `${best.label} ${Math.round(best.score * 100)} %`;
  const counts = new Map<string, number>();
  for (const item of result as unknown[]) {
    const label = (item as { label?: unknown } | null)?.label;
    if (typeof label !== 'string') return undefined;
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  if (counts.size === 0) return '0';
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
  return sorted.map(([label, count]) => `${count} ${label}`).join(', ');
}

export function failed(message: string): Badge {
  return { look: 'failed', text: 'error', values: { message } };
}

export function crashed(restartIn: number | undefined): Badge {
  return { look: 'failed', text: 'crashed', values: { seconds: Math.ceil(restartIn ?? 0) } };
}

/** Why no frames reach a node, or none leave a source. */
export function unreachedBadge(unreached: Unreached, kind: 'source' | 'other'): Badge {
  if (unreached.why === 'unwired') return { look: 'waiting', text: kind === 'source' ? 'noTarget' : 'noSource' };
  const { name, type } = unreached.by;
  const values = { name: name ? `${name} (${type})` : type };
  return { look: 'waiting', text: unreached.why === 'disabled' ? 'blockedDisabled' : 'blocked', values };
}

/** `75` → "01:15", `3675` → "1:01:15". */
export function timeText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

function playing(fps: number): Badge {
  return { look: 'working', text: 'fps', values: { fps: fps >= 10 ? Math.round(fps) : Math.round(fps * 10) / 10 } };
}

function progress({ percent, eta, fps }: { percent?: number; eta?: number; fps: number }): Badge {
  if (percent === undefined) return playing(fps);
  const values = { percent: Math.floor(percent), time: timeText(eta ?? 0) };
  return { look: 'progress', text: eta === undefined ? 'percent' : 'left', values };
}

function ended(reason: EndReason, message: string | undefined): Badge {
  if (reason === 'failed') return failed(message ?? 'failed');
  return reason === 'finished' ? { look: 'over', text: 'ended' } : { look: 'idle', text: 'stopped' };
}

/** The words and the colour of a badge, in Node-RED's language. */
export function statusOf(badge: Badge, translate: Red['_']): RedStatus {
  const text = [badge, ...(badge.notes ?? [])].map((part) => wordsOf(part, translate)).join(' · ');
  return { ...LOOKS[badge.look], text: text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text };
}

/** A catalog's words are asked for with their placeholders still in them: what is then filled in is text, whatever i18next would make of it. */
function wordsOf({ text, values = {} }: BadgeNote, translate: Red['_']): string {
  const key = `badge.${text}`;
  const known = translate(key, PLACEHOLDERS[text]);
  // Without a catalog the key comes back, with or without its namespace.
  return fill(known.endsWith(key) ? TEXTS[text] : known, values);
}

function fill(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(PLACEHOLDER, (placeholder, name: string) => String(values[name] ?? placeholder));
}

/** Asks for each key once: i18next takes 0.1 ms, and the badges of many streams have new values several times a second. */
function remembered(translate: Red['_']): Red['_'] {
  const known = new Map<string, string>();
  return (key, placeholders) => {
    const words = known.get(key) ?? translate(key, placeholders);
    known.set(key, words);
    return words;
  };
}

/** A node's badge: one for each of its streams, the most urgent is shown, at most twice a second. */
export class NodeBadge {
  readonly #node: RedNode;
  readonly #translate: Red['_'];
  readonly #clock: Clock;
  readonly #byStream = new Map<string, Badge>();
  readonly #closed = new AbortController();
  #own: Badge | undefined;
  #beside: Badge | undefined;
  #shownAt = -Infinity;
  #shown = '{}';
  #waits = false;

  constructor(node: RedNode, translate: Red['_'], clock: Clock) {
    this.#node = node;
    this.#translate = remembered(translate);
    this.#clock = clock;
  }

  /** What the node shows whatever its streams do; undefined: its streams' badges again. */
  setOwn(badge: Badge | undefined): void {
    this.#own = badge;
    this.#update();
  }

  /** What is said behind the rest, and gives the colour where that is more urgent; undefined: nothing. */
  setBeside(badge: Badge | undefined): void {
    this.#beside = badge;
    this.#update();
  }

  /** What the node shows of one stream. An end does not wipe out what had gone wrong: it would be gone before anybody saw it. */
  set(streamId: string, badge: Badge): void {
    if (badge.look === 'over' && this.#byStream.get(streamId)?.look === 'failed') return;
    this.#byStream.set(streamId, badge);
    this.#update();
  }

  /** Forgets all streams but those. */
  keepOnly(streamIds: readonly string[]): void {
    for (const id of this.#byStream.keys()) {
      if (!streamIds.includes(id)) this.#byStream.delete(id);
    }
    this.#update();
  }

  /** No update follows. */
  close(): void {
    this.#closed.abort();
  }

  #update(): void {
    if (this.#waits || this.#closed.signal.aborted) return;
    const wait = this.#shownAt + PAUSE_MS - this.#clock.now();
    if (wait <= 0) {
      this.#show();
      return;
    }
    this.#waits = true;
    this.#clock.sleep(wait, this.#closed.signal).then(
      () => {
        this.#waits = false;
        this.#show();
      },
      () => undefined,
    );
  }

  #show(): void {
    const status = this.#status();
    const text = JSON.stringify(status);
    if (text === this.#shown) return;
    this.#shown = text;
    this.#shownAt = this.#clock.now();
    this.#node.status(status);
  }

  #status(): RedStatus {
    if (this.#own !== undefined) return statusOf(this.#own, this.#translate);
    const { first, status } = this.#ofStreams();
    if (this.#beside === undefined) return status;
    const beside = statusOf(this.#beside, this.#translate);
    const isUrgent = first === undefined || URGENCY.indexOf(this.#beside.look) < URGENCY.indexOf(first.look);
    return { ...(isUrgent ? beside : status), text: [status.text, beside.text].filter(Boolean).join(' · ') };
  }

  #ofStreams(): { readonly first?: Badge; readonly status: RedStatus } {
    const badges = [...this.#byStream.values()].sort((a, b) => URGENCY.indexOf(a.look) - URGENCY.indexOf(b.look));
    const first = badges[0];
    if (first === undefined) return { status: {} };
    const status = statusOf(first, this.#translate);
    if (badges.length === 1) return { first, status };
    const alike = badges.filter(({ look }) => look === first.look).length;
    return { first, status: { ...status, text: `${status.text ?? ''} (${alike}/${badges.length})` } };
  }
}
