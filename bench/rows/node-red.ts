import { setTimeout as wait } from 'node:timers/promises';

import { atMost, atMostPartOf, OURS } from '../support/claims.js';
import { camera, twentySeconds } from '../support/clips.js';
import { expectBetween } from '../support/expect.js';
import { takeNoted } from '../support/flow.js';
import { ALGOS } from '../support/ours.js';
import { playing } from '../support/playing.js';
import type { Row, Sample } from '../support/row.js';

const IDLE = 'an idle Node-RED';
const STREAMS = 8;
const LOOP_SECONDS = 10;
const LATENCY_SECONDS = 15;
const MOTION_INTERVAL = 0.2;

export const latency: Row = {
  name: 'latency',
  title: `from a frame that is decoded to its message in the flow, without the run: every frame of 1080p at 30 fps, ${LATENCY_SECONDS} s`,
  turns: 'few',
  needs: [twentySeconds],
  sides: [{ name: OURS, does: 'Node-RED with source, producer (640×360), algo (a module) and a function node', run: measureLatency }],
  claims: [atMost('p50Ms', 3), atMost('p99Ms', 15)],
};

export const eventLoop: Row = {
  name: 'event-loop',
  title: `99th percentile of the delay of Node-RED's event loop, ${LOOP_SECONDS} s`,
  needs: [camera],
  sides: [
    { name: OURS, does: `Node-RED with ${STREAMS} streams of 720p at 15 fps, motion ${1 / MOTION_INTERVAL} times a second each`, run: () => measureLoop(STREAMS) },
    { name: IDLE, does: 'Node-RED with the function node that measures', run: () => measureLoop(0) },
  ],
  claims: [atMostPartOf(IDLE, 'p99Ms', 1.5)],
};

async function measureLatency(): Promise<Sample> {
  return playing({ clip: twentySeconds, count: 1, algo: { kind: 'module', module: ALGOS, export: 'Stamp', interval: 0 } }, async (nodeRed) => {
    await wait(LATENCY_SECONDS * 1000);
    const added = [...(await takeNoted(nodeRed)).addedMs].sort((a, b) => a - b);
    const frames = LATENCY_SECONDS * 30;
    // a machine that is too busy leaves out frames; they are shown
    expectBetween('messages in the flow', added.length, [0.5 * frames, 1.1 * frames]);
    const at = (part: number): number => added[Math.ceil(part * added.length) - 1] ?? NaN;
    return { p50Ms: at(0.5), p99Ms: at(0.99), dropped: Math.max(0, frames - added.length) };
  });
}

async function measureLoop(count: number): Promise<Sample> {
  return playing({ clip: camera, count, algo: { kind: 'motion', interval: MOTION_INTERVAL } }, async (nodeRed) => {
    await wait(LOOP_SECONDS * 1000);
    const { messages, loopP99Ms } = await takeNoted(nodeRed);
    const results = Object.values(messages).reduce((sum, some) => sum + some, 0);
    const wanted = (count * LOOP_SECONDS) / MOTION_INTERVAL;
    expectBetween('messages in the flow', results, [0.5 * wanted, 1.1 * wanted]);
    return { p99Ms: loopP99Ms };
  });
}
