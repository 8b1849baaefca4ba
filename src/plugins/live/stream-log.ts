import type { AlgoResult, StreamEvent, StreamInfo, StreamTotals, WireError } from '../../runtime/index.js';
import type { News } from '../../nodes/shared/news.js';
import { preview } from '../../nodes/shared/preview.js';
import type { AlgoView, LastResult, StreamState } from './contract.js';

/** What was last told of an algo or a recorder. */
export type AlgoLog = { state: AlgoView['state']; description?: Readonly<Record<string, unknown>>; error?: WireError; last?: LastResult };
export type RecorderLog = { isRecording: boolean; path?: string; error?: WireError };

/** What was last told of a stream. */
export type StreamLog = {
  state: StreamState;
  info?: StreamInfo;
  isLive?: boolean;
  duration?: number;
  progress?: { readonly position: number; readonly fps?: number; readonly percent?: number; readonly eta?: number };
  delivered: number;
  dropped: Readonly<Record<string, number>>;
  picture?: 'frozen' | 'black';
  error?: WireError;
  /** What it had done when it ended. */
  totals?: StreamTotals;
  /** By id. */
  readonly algos: Map<string, AlgoLog>;
  readonly recorders: Map<string, RecorderLog>;
};

type EventOf<K extends StreamEvent['event']> = Extract<StreamEvent, { event: K }>;

/** Keeps what is newest of all that engines tell. */
export class StreamLogs {
  readonly #logs = new Map<string, StreamLog>();

  /** Empty for a stream of which nothing was told. */
  of(streamId: string): StreamLog {
    const known = this.#logs.get(streamId) ?? emptyLog();
    this.#logs.set(streamId, known);
    return known;
  }

  /** Forgets all streams but these. */
  keepOnly(streamIds: ReadonlySet<string>): void {
    for (const id of this.#logs.keys()) if (!streamIds.has(id)) this.#logs.delete(id);
  }

  take(news: News): void {
    if (news.kind === 'result') this.#result(news.result);
    if (news.kind === 'event') this.#event(news.event);
    if (news.kind === 'engine' && news.event.event === 'crashed') {
      const { message = 'the engine process ended' } = news.event;
      for (const id of news.streamIds) Object.assign(this.of(id), { state: 'stalled', error: { code: 'ENGINE_CRASHED', message } });
    }
  }

  #result({ streamId, algoId, position, result }: AlgoResult): void {
    const algo = algoOf(this.of(streamId), algoId);
    delete algo.error;
    algo.last = { position, result, ...(Array.isArray(result) && { count: result.length }) };
  }

  #event(event: StreamEvent): void {
    (HANDLERS[event.event] as Handler | undefined)?.(this.of(event.streamId), event);
  }
}

/** A result as it is shown: made when somebody looks, for results come often. */
export function shownResult({ position, result, count }: LastResult): LastResult {
  return { position, result: preview(result), ...(count !== undefined && { count }) };
}

function emptyLog(): StreamLog {
  return { state: 'idle', delivered: 0, dropped: {}, algos: new Map(), recorders: new Map() };
}

function algoOf(log: StreamLog, id: string): AlgoLog {
  const known = log.algos.get(id) ?? { state: 'idle' };
  log.algos.set(id, known);
  return known;
}

function recorderOf(log: StreamLog, id: string): RecorderLog {
  const known = log.recorders.get(id) ?? { isRecording: false };
  log.recorders.set(id, known);
  return known;
}

function started(log: StreamLog, { stream, live, duration }: EventOf<'started'>): void {
  goesOn(log, stream);
  log.isLive = live;
  log.dropped = {};
  log.delivered = 0;
  delete log.progress;
  delete log.picture;
  delete log.duration;
  if (duration !== undefined) log.duration = duration;
}

function goesOn(log: StreamLog, info: StreamInfo): void {
  log.state = 'playing';
  log.info = info;
  delete log.error;
}

function pictured(log: StreamLog, { state }: EventOf<'picture'>): void {
  if (state === 'ok') delete log.picture;
  else log.picture = state;
}

function algoTold(log: StreamLog, { algoId, state, description, error }: EventOf<'algo'>): void {
  const algo = algoOf(log, algoId);
  algo.state = state;
  if (description !== undefined) algo.description = description;
  if (error === undefined) delete algo.error;
  else algo.error = error;
}

function recorded(log: StreamLog, { recorderId, state, path }: EventOf<'recording'>): void {
  if (state === 'recovered') return;
  const recorder = recorderOf(log, recorderId);
  Object.assign(recorder, { isRecording: state === 'started', path });
  delete recorder.error;
}

function failed(log: StreamLog, { algoId, recorderId, error, fatal }: EventOf<'error'>): void {
  if (algoId !== undefined) Object.assign(algoOf(log, algoId), { error, ...(fatal && { state: 'failed' }) });
  if (recorderId !== undefined) recorderOf(log, recorderId).error = error;
  if (fatal || (algoId === undefined && recorderId === undefined)) log.error = error;
}

function ended(log: StreamLog, { reason, totals, error }: EventOf<'ended'>): void {
  log.state = reason === 'stopped' ? 'idle' : reason;
  log.delivered = totals.frames.delivered;
  log.dropped = totals.frames.dropped;
  log.totals = totals;
  if (reason === 'finished' && log.duration !== undefined) log.progress = { position: log.duration, percent: 100 };
  if (error !== undefined) log.error = error;
  for (const recorder of log.recorders.values()) recorder.isRecording = false;
  for (const algo of log.algos.values()) if (algo.state !== 'failed') algo.state = 'idle';
}

type Handler = (log: StreamLog, event: StreamEvent) => void;

/** What each event says of a stream; a warning says nothing of its state. */
const HANDLERS: { readonly [K in Exclude<StreamEvent['event'], 'warning'>]: (log: StreamLog, event: EventOf<K>) => void } & { readonly warning?: undefined } = {
  connecting: (log) => { log.state = 'connecting'; },
  started,
  progress: (log, event) => { log.progress = event; },
  paused: (log) => { log.state = 'paused'; },
  resumed: (log) => { log.state = 'playing'; },
  stalled: (log, { error }) => { Object.assign(log, { state: 'stalled', error }); },
  reconnected: (log, { stream }) => { goesOn(log, stream); },
  picture: pictured,
  dropped: (log, { algoId, recorderId, counts }) => { if (algoId === undefined && recorderId === undefined) log.dropped = counts; },
  algo: algoTold,
  recording: recorded,
  error: failed,
  ended,
};
