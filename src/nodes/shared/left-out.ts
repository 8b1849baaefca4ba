import type { AlgoResult, Clock, StreamEvent } from '../../runtime/index.js';
import { resultBadge, streamBadge, type Badge, type BadgeNote } from './badge.js';

type Counts = Readonly<Record<string, number>>;

/** A badge tells what was left out in the last minute: what was an hour ago is in the totals. */
const MEMORY_MS = 60_000;
/** Milliseconds between two counts that are kept. */
const STEP_MS = 1000;

/** Counts of the last minute, by cause, from counts since the start of a stream. */
class RecentCounts {
  readonly #clock: Clock;
  /** Totals, oldest first; the first one is what is counted from. */
  readonly #byCause = new Map<string, { readonly atMs: number; readonly total: number }[]>();
  #hasSeenStart = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The stream starts: all totals are 0. */
  reset(): void {
    this.#byCause.clear();
    this.#hasSeenStart = true;
  }

  /** Totals since the start. A node that came later takes the first ones for long ago. */
  note(totals: Counts): void {
    const atMs = this.#clock.now();
    for (const [cause, total] of Object.entries(totals)) {
      const known = this.#byCause.get(cause) ?? [{ atMs, total: this.#hasSeenStart ? 0 : total }];
      this.#byCause.set(cause, known);
      const isSoon = known.length > 1 && atMs - (known.at(-2)?.atMs ?? 0) < STEP_MS;
      if (isSoon) known.pop();
      known.push({ atMs, total });
    }
  }

  /** What of `cause` was counted in the last minute. */
  of(cause: string): number {
    const known = this.#byCause.get(cause) ?? [];
    while ((known[1]?.atMs ?? Infinity) <= this.#clock.now() - MEMORY_MS) known.shift();
    return (known.at(-1)?.total ?? 0) - (known[0]?.total ?? 0);
  }
}

/** What a source and its producer show of each of their streams: how it plays, and what is left out of it. */
export class StreamBadges {
  readonly #clock: Clock;
  readonly #byStream = new Map<string, RecentCounts>();
  /** Streams whose picture does not move, or is black. */
  readonly #pictures = new Map<string, 'frozen' | 'black'>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The badge after `event`; undefined: stays as it is. */
  after(event: StreamEvent): Badge | undefined {
    const recent = this.#recentOf(event.streamId);
    if (event.event === 'started') recent.reset();
    if (event.event === 'dropped' && event.algo === undefined && event.recorderId === undefined) recent.note(event.counts);
    if (event.event === 'picture') this.#notePicture(event);
    if (event.event === 'started' || event.event === 'ended') this.#pictures.delete(event.streamId);
    const badge = streamBadge(event);
    if (badge === undefined || event.event !== 'progress') return badge;
    const notes: BadgeNote[] = (['late', 'network', 'decode'] as const).map((text) => noteOf(text, recent.of(text))).filter((note) => note !== undefined);
    const picture = this.#pictures.get(event.streamId);
    return picture === undefined ? { ...badge, notes } : { ...badge, look: 'waiting', notes: [{ text: picture }, ...notes] };
  }

  #notePicture({ streamId, state }: Extract<StreamEvent, { event: 'picture' }>): void {
    if (state === 'ok') this.#pictures.delete(streamId);
    else this.#pictures.set(streamId, state);
  }

  #recentOf(streamId: string): RecentCounts {
    const recent = this.#byStream.get(streamId) ?? new RecentCounts(this.#clock);
    this.#byStream.set(streamId, recent);
    return recent;
  }
}

function noteOf(text: 'late' | 'network' | 'decode', count: number): BadgeNote | undefined {
  return count > 0 ? { text, values: { count } } : undefined;
}

/** What an algo shows of one stream: its newest result, what part of its turns gave none because it was busy, and answers of a flow that came too late. */
export class ResultBadges {
  readonly #recent: RecentCounts;
  #runs = 0;
  #lateAnswers = 0;

  constructor(clock: Clock) {
    this.#recent = new RecentCounts(clock);
    this.#recent.note({ runs: 0 });
  }

  /** The stream starts. */
  reset(): void {
    this.#runs = 0;
    this.#lateAnswers = 0;
    this.#recent.reset();
  }

  /** Turns that gave no result, by cause, since the start. */
  skipped(counts: Counts): void {
    this.#recent.note(counts);
  }

  /** A flow answered when nobody waited any more. */
  answeredLate(): void {
    this.#lateAnswers += 1;
    this.#recent.note({ lateAnswers: this.#lateAnswers });
  }

  /** The badge after a run. */
  after(result: AlgoResult): Badge {
    this.#runs += 1;
    this.#recent.note({ runs: this.#runs });
    const badge = resultBadge(result, this.#runs);
    const skipped = this.#recent.of('busy') + this.#recent.of('restarted');
    const percent = Math.round((100 * skipped) / (skipped + this.#recent.of('runs')));
    const notes = [percent > 0 ? { text: 'skips' as const, values: { percent } } : undefined, noteOf('late', this.#recent.of('lateAnswers'))].filter((note) => note !== undefined);
    return notes.length > 0 ? { ...badge, notes } : badge;
  }
}
