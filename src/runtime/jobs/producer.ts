import { setImmediate as nextTurn } from 'node:timers/promises';

import { z } from 'zod';

import { check, type Frame, systemClock } from '../base/index.js';
import { producerSchema, sourceSchema, streamSchema } from '../base/plan.js';
import { type Decoder, makeFrame, openBackend, openThinner, stageOf } from '../media/index.js';
import { Pacer } from '../schedule/index.js';
import { apartFromCredentials } from './paths.js';

/** What needs a stream that is watched over, `Inference` or an engine, is refused here. */
const playedOnceSchema = sourceSchema.omit({ loop: true, reconnect: true, retryOpen: true });

const optionsSchema = z.strictObject({
  source: playedOnceSchema,
  producer: producerSchema.prefault({}),
  mode: streamSchema.shape.mode.unwrap().default('offline'),
});

export type ProducerSettings = {
  /** A location, or the source's settings: see `sourceSchema`; it is played once. */
  readonly source: string | z.input<typeof playedOnceSchema>;
  /** Size, rate and pixel format of the frames: see `producerSchema`. Default: as they come. */
  readonly producer?: z.input<typeof producerSchema>;
  /**
   * `offline`: every frame, as fast as it is asked for; `realtime`: a file at its own speed, and frames that are more
   * than a quarter of a second late are left out (`sourceIndex` shows the gap). Live sources set their own pace.
   * Default offline.
   */
  readonly mode?: z.input<typeof optionsSchema>['mode'];
  /** Aborted: the decoder is closed and the iterator throws the signal's reason. */
  readonly signal?: AbortSignal;
};

type Opened = z.output<typeof optionsSchema> & { readonly signal: AbortSignal };

/**
 * The frames of a source, without any algo: `for await (const frame of openProducer({ source: 'cars.mp4' }))`. They are
 * the same frames, with the same numbers, that algos get under the same settings, and belong to who takes them. Nothing
 * is opened before the first is asked for; leaving the loop closes the source. Decoding happens in the caller's process,
 * partly on the caller's thread: it is for programs of one's own, not for a server that must answer meanwhile. Throws
 * `OPTION_INVALID` at once, the `SOURCE_…` errors and `BACKEND_MISSING` while iterating; nothing is tried again.
 */
export function openProducer(options: ProducerSettings): AsyncGenerator<Frame, void, undefined> {
  const { source, signal = new AbortController().signal, ...settings } = options;
  const checked = check(optionsSchema, { ...settings, source: typeof source === 'string' ? { location: source } : source });
  return frames({ ...checked, signal });
}

async function* frames(opened: Opened): AsyncGenerator<Frame, void, undefined> {
  const { producer, mode, signal } = opened;
  signal.throwIfAborted();
  const source = apartFromCredentials(sourceSchema.parse(opened.source));
  const { backend } = await openBackend(producer);
  const decoder = await backend.openDecoder({ source, producer, threads: 0, realtime: mode === 'realtime', signal }).catch(orReasonOf(signal));
  const interrupt = (): void => { decoder.interrupt(); };
  signal.addEventListener('abort', interrupt);
  try {
    if (source.position > 0 && !decoder.info.live) await decoder.seek(source.position);
    yield* delivered(decoder, opened);
  } finally {
    signal.removeEventListener('abort', interrupt);
    await decoder.close();
  }
}

async function* delivered(decoder: Decoder, { producer, mode, signal }: Opened): AsyncGenerator<Frame, void, undefined> {
  const { info } = decoder;
  const { isDelivered } = openThinner(info.fps, producer.fps);
  const stage = stageOf(producer, info);
  const pacer = mode === 'realtime' && !info.live ? new Pacer(systemClock) : undefined;
  let index = 0;
  for (let n = 0; ; n++) {
    // a turn of the event loop for each picture: timers and signals of the caller are heard
    await nextTurn();
    signal.throwIfAborted();
    const picture = await decoder.next().catch(orReasonOf(signal));
    if (picture === undefined) return;
    try {
      const isWanted = isDelivered(n) && (await pacer?.isInTime(picture.ptsUs, signal)) !== false;
      signal.throwIfAborted();
      if (isWanted) yield makeFrame(picture, stage, ++index);
    } finally {
      picture.release();
    }
  }
}

/** Throws the signal's reason where that is why something failed. */
function orReasonOf(signal: AbortSignal): (error: unknown) => never {
  return (error) => {
    signal.throwIfAborted();
    throw error;
  };
}
