import { join } from 'node:path';
import type { Transferable } from 'node:worker_threads';

import { fromWire, StreamInferError, type StreamPlan } from '../base/index.js';
import { parseLocation } from '../media/index.js';
import { openThread, type ThreadHost } from '../work/index.js';
import type { AddedStream, MediaCommand, MediaMessage, MediaWorkerData, StreamMediaCommand } from './messages.js';
import { forgetThread } from './work-marks.js';

/** What a media worker tells of one stream. */
export type StreamMessage = Exclude<MediaMessage, { type: 'opened' | 'failed' }>;

/** A stream that a media worker decodes for. */
export type MediaClient = {
  readonly hear: (message: StreamMessage) => void;
  /** The worker has ended or cannot do its work. */
  readonly fail: (cause: StreamInferError) => void;
};

/** Of a thread of which there is one for each source: what it makes for a frame is small, and there may be tens. */
const YOUNG_MIB = 6;

/**
 * The coordinator's end of a media worker: its thread, and the streams that it decodes for. All of them play the same
 * source in the same way, from its beginning on; a live one may be joined later, too.
 */
export class MediaHost {
  /** Resolves when its thread is gone. */
  readonly ended: Promise<void>;
  readonly decodeThreads: number;
  readonly #plan: StreamPlan;
  readonly #thread: ThreadHost<MediaCommand>;
  readonly #clients = new Map<string, MediaClient>();
  /** Streams whose first lanes were handed over. */
  readonly #ready = new Set<string>();
  #opened: Extract<MediaMessage, { type: 'opened' }> | undefined;
  #hasBegun = false;
  #isOver = false;

  /** Starts the thread for the source of `plan`, the first stream to be added. */
  constructor(plan: StreamPlan, { threads, nice }: Pick<MediaWorkerData, 'threads' | 'nice'>) {
    this.#plan = plan;
    this.decodeThreads = threads;
    this.#thread = openThread<MediaCommand, MediaMessage>({
      entry: join(__dirname, 'media-worker.js'),
      youngMiB: YOUNG_MIB,
      data: { plan, threads, ...(nice !== undefined && { nice }) } satisfies MediaWorkerData,
      onMessage: (message) => { this.#hear(message); },
      onExit: (error) => {
        forgetThread(this.#thread.id);
        this.#fail(new StreamInferError('INTERNAL', `the media thread ended: ${error?.message ?? 'without a word'}`));
      },
    });
    this.ended = this.#thread.ended;
  }

  /** Whether a stream of that plan can be added now. */
  accepts(plan: StreamPlan): boolean {
    if (this.#isOver || decodeKey(plan) !== decodeKey(this.#plan)) return false;
    if (!this.#hasBegun) return true;
    return this.#isLive && (this.#opened?.backend !== 'ffmpeg' || isSameSize(plan, this.#plan));
  }

  add(client: MediaClient, added: AddedStream): void {
    this.#clients.set(added.plan.id, client);
    this.#thread.post({ type: 'add', ...added });
  }

  post(streamId: string, command: StreamMediaCommand, transfer?: readonly Transferable[]): void {
    this.#thread.post({ ...command, streamId }, transfer);
    if (command.type !== 'lanes') return;
    this.#ready.add(streamId);
    this.#beginIfReady();
  }

  /** The stream has ended; resolves at once, for the last one when the thread is gone. */
  async leave(streamId: string): Promise<void> {
    this.#clients.delete(streamId);
    this.#ready.delete(streamId);
    this.#beginIfReady();
    if (this.#clients.size > 0) return;
    this.#isOver = true;
    this.#thread.post({ type: 'close' });
    await this.ended;
  }

  get #isLive(): boolean {
    return this.#plan.mode === 'realtime' && this.#opened?.live === true;
  }

  #hear(message: MediaMessage): void {
    switch (message.type) {
      case 'opened': {
        this.#opened = message;
        // a source that was opened anew, because all that played it had ended when another stream came
        this.#hasBegun = false;
        this.#beginIfReady();
        break;
      }
      case 'failed': { this.#fail(fromWire(message.error)); break; }
      case 'event': { this.#clients.get(message.event.streamId)?.hear(message); break; }
      case 'result': { this.#clients.get(message.result.streamId)?.hear(message); break; }
      case 'reply':
      case 'lane-hangs': { this.#clients.get(message.streamId)?.hear(message); break; }
    }
  }

  /** Whether another stream can still share all of the source is decided here, and only here. */
  #beginIfReady(): void {
    if (this.#hasBegun || this.#opened === undefined || this.#ready.size === 0) return;
    // nobody need wait where one can join later
    if (!this.#isLive && this.#ready.size < this.#clients.size) return;
    this.#hasBegun = true;
    this.#thread.post({ type: 'begin' });
  }

  #fail(error: StreamInferError): void {
    this.#isOver = true;
    for (const client of [...this.#clients.values()]) client.fail(error);
  }
}

/** The same for all streams that one decode can serve. */
function decodeKey({ source, mode, sourceId, producer }: StreamPlan): string {
  const { backend, hardware, ffmpegPath, width, height } = producer;
  // the ffmpeg program scales, and it is what reads cameras
  const size = backend === 'ffmpeg' || isDevice(source) ? { width, height } : {};
  return JSON.stringify({ sourceId, source, mode, backend, hardware, ffmpegPath, ...size });
}

function isDevice(source: StreamPlan['source']): boolean {
  try {
    return parseLocation(source).kind === 'device';
  } catch {
    return false;
  }
}

function isSameSize({ producer: a }: StreamPlan, { producer: b }: StreamPlan): boolean {
  return a.width === b.width && a.height === b.height;
}
