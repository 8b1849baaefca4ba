import { setTimeout as wait } from 'node:timers/promises';

import { type NodeRed, startNodeRed } from '../../test/support/node-red.js';
import type { Clip } from './clips.js';
import { measuringFlow, takeNoted } from './flow.js';

/** Milliseconds that streams get to start, and between two looks whether they have. */
const START_MS = 60_000;
const LOOK_MS = 200;

export type Played = { readonly clip: Clip; readonly count: number; readonly algo: object; readonly mode?: 'realtime' | 'offline' };

/** Starts a Node-RED that plays the clip `count` times, and measures when all streams have given a result and the start is over. */
export async function playing<T>({ clip, count, ...parts }: Played, measure: (nodeRed: NodeRed) => Promise<T>): Promise<T> {
  const locations = Array.from({ length: count }, () => clip.path);
  const nodeRed = await startNodeRed({ flows: measuringFlow({ locations, ...parts }), settings: { functionExternalModules: true } });
  try {
    await untilAllPlay(nodeRed, count);
    await wait(2000);
    await takeNoted(nodeRed);
    return await measure(nodeRed);
  } finally {
    await nodeRed.stop();
  }
}

/** Resolves when every stream has given a result. */
async function untilAllPlay(nodeRed: NodeRed, count: number): Promise<void> {
  const seen = new Set<string>();
  for (let passedMs = 0; seen.size < count; passedMs += LOOK_MS) {
    if (passedMs > START_MS) throw new Error(`only ${seen.size} of ${count} streams play after ${START_MS / 1000} s: ${nodeRed.logs.slice(-5).join('\n')}`);
    await wait(LOOK_MS);
    for (const stream of Object.keys((await takeNoted(nodeRed)).messages)) seen.add(stream);
  }
}
