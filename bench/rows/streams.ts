import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';

import { type Engine, openEngineClient, resolveStreamPlan, type StreamEvent } from '../../dist/runtime/index.js';
import { OURS } from '../support/claims.js';
import { camera } from '../support/clips.js';
import { expectBetween } from '../support/expect.js';
import { CORES, idleMs } from '../support/machine.js';
import { cpuMsOf, treeOf } from '../support/process-tree.js';
import type { MedianOf, Row, Sample, Side } from '../support/row.js';

const COUNTS = [1, 2, 4, 8, 16];
const SECONDS = 8;
const INTERVAL = 0.2;
/** Of the machine's time: below it the cores count as full, and frames may be dropped. */
const FULL_BELOW_IDLE = 0.1;

export const streams: Row = {
  name: 'streams',
  title: `1 to 16 streams of 720p at 15 fps in one engine, motion ${1 / INTERVAL} times a second each, ${SECONDS} s`,
  needs: [camera],
  sides: [side(1), ...COUNTS.slice(1).map(side)],
  claims: [
    ...COUNTS.slice(1).map((count) => ({
      against: `${count} × the CPU of one`, reach: { atMost: 1.05 },
      ratio: (of: MedianOf) => of(nameOf(count), 'cpuMs') / (count * of(nameOf(1), 'cpuMs')),
    })),
    {
      against: 'drops before the cores are full', reach: { atMost: 0 },
      ratio: (of) => COUNTS.reduce((sum, count) => sum + of(nameOf(count), 'dropped'), 0),
    },
  ],
};

function nameOf(count: number): string {
  return count === 1 ? `${OURS}, one stream` : `${count} streams`;
}

function side(count: number): Side {
  return { name: nameOf(count), does: '`openEngineClient`: an engine in a process of its own', run: () => play(count) };
}

async function play(count: number): Promise<Sample> {
  const heard = new Heard();
  const others = new Set(treeOf(process.pid));
  const engine = await openEngineClient({}, { onResult: ({ streamId }) => { heard.result(streamId); }, onEvent: (event) => { heard.event(event); } });
  try {
    const pids = treeOf(process.pid).filter((pid) => !others.has(pid));
    await Promise.all(Array.from({ length: count }, (_, at) => start(engine, heard, `camera ${at + 1}`)));
    // what comes with the start is over
    await wait(1000);
    return await watch(count, heard, pids);
  } finally {
    await engine.close();
  }
}

/** Resolves when the stream has given its first result. */
async function start(engine: Engine, heard: Heard, id: string): Promise<void> {
  const first = once(heard.byStream, id);
  await engine.start(resolveStreamPlan({
    id, name: id, mode: 'realtime',
    // of a source of its own: streams of one source would share its decode
    sourceId: id,
    source: { location: camera.path, loop: true },
    producer: { width: 640, height: 360 },
    algos: [{ id: 'motion', name: 'motion', kind: 'motion', interval: INTERVAL }],
  }));
  await first;
}

async function watch(count: number, heard: Heard, pids: readonly number[]): Promise<Sample> {
  const before = { cpuMs: cpuMsOf(pids), results: heard.results, dropped: heard.dropped, idleMs: idleMs() };
  await wait(SECONDS * 1000);
  const cpuMs = cpuMsOf(pids) - before.cpuMs;
  if (idleMs() - before.idleMs < FULL_BELOW_IDLE * CORES * SECONDS * 1000) return { cpuMs, dropped: 0 };
  const wanted = (count * SECONDS) / INTERVAL;
  expectBetween(`results of ${count} streams`, heard.results - before.results, [0.9 * wanted, 1.1 * wanted]);
  return { cpuMs, dropped: heard.dropped - before.dropped };
}

/** Counts what the streams tell. */
class Heard {
  /** An event of the stream's id at each of its results. */
  readonly byStream = new EventTarget();
  results = 0;
  /** Frames and turns left out so far, by stream and algo. */
  readonly #dropped = new Map<string, number>();

  get dropped(): number {
    return [...this.#dropped.values()].reduce((sum, count) => sum + count, 0);
  }

  result(streamId: string): void {
    this.results += 1;
    this.byStream.dispatchEvent(new Event(streamId));
  }

  event(event: StreamEvent): void {
    if (event.event !== 'dropped') return;
    this.#dropped.set(`${event.streamId} ${event.algo ?? ''}`, Object.values(event.counts).reduce((sum, count) => sum + count, 0));
  }
}
