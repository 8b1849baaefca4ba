import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

import { type Engine, openEngineClient, resolveStreamPlan } from '../../dist/runtime/index.js';
import { makeClip } from '../support/clip.js';
import type { Row } from '../support/row.js';

const SECONDS = 6;
const STREAMS = ['one', 'two'];

let clip = '';

export const eventLoop: Row = {
  name: 'event-loop',
  title: "99th percentile of the event loop's delay of the process that holds the nodes, 6 s",
  unit: 'ms',
  prepare: async () => { clip = await makeClip(); },
  a: { label: 'an engine beside it plays two 720p streams at 30 fps, motion 5 times a second', run: withTwoStreams },
  b: { label: 'idle', run: loopDelay },
};

/** Milliseconds that a timer of 10 ms came too late, 99th percentile. */
async function loopDelay(): Promise<number> {
  const delays = monitorEventLoopDelay({ resolution: 10 });
  delays.enable();
  await wait(SECONDS * 1000);
  delays.disable();
  return Math.max(0, delays.percentile(99) / 1e6 - 10);
}

async function withTwoStreams(): Promise<number> {
  const results = new EventTarget();
  const engine = await openEngineClient({}, { onResult: ({ streamId }) => results.dispatchEvent(new Event(streamId)), onEvent: () => undefined });
  try {
    await Promise.all(STREAMS.map((id) => play(engine, id, results)));
    return await loopDelay();
  } finally {
    await engine.close();
  }
}

/** Resolves when the stream has given its first result. */
async function play(engine: Engine, id: string, results: EventTarget): Promise<void> {
  const first = once(results, id);
  await engine.start(resolveStreamPlan({
    id, name: id, mode: 'realtime',
    source: { location: clip, loop: true },
    producer: { width: 640, height: 360 },
    algos: [{ id: 'motion', name: 'motion', kind: 'motion', interval: 0.2 }],
  }));
  await first;
}
