import { rmSync } from 'node:fs';

import fc from 'fast-check';

import { type FaultPlay, faultPlays, makeClips, playWithFaults } from '../support/fault-plays.js';

/** The same plays each time. */
const SEED = 20_261_126;
/** They mostly wait for what hangs. */
const AT_ONCE = 4;

/** Plays them all; fails with the first one whose account is not whole. */
async function playAll(plays: FaultPlay[], folder: string): Promise<void> {
  const turns = Array.from({ length: AT_ONCE }, async (_, at) => {
    for (let next = at; next < plays.length; next += AT_ONCE) {
      const play = plays[next] as FaultPlay;
      await playWithFaults(play, folder).catch((cause: unknown) => { throw new Error(`${String(cause)}\nplay ${next}: ${JSON.stringify(play)}`, { cause }); });
    }
  });
  await Promise.all(turns);
}

describe('nothing is lost, whatever breaks', function () {
  // FAULT_PLAYS=100 tries more of them
  const plays = Number(process.env['FAULT_PLAYS'] ?? 10);
  this.timeout(60_000 + plays * 20_000);
  let folder = '';

  before(() => { folder = makeClips(); });
  after(() => { rmSync(folder, { recursive: true, force: true }); });

  it('offline: damaged files, algos that throw, hang and die, recordings that fail, seeks and stops: each frame and each due run is accounted for', async () => {
    await playAll(fc.sample(faultPlays('offline'), { seed: SEED, numRuns: plays }), folder);
  });

  it('realtime: the same of each frame and each turn', async () => {
    await playAll(fc.sample(faultPlays('realtime'), { seed: SEED, numRuns: Math.ceil(plays / 2) }), folder);
  });
});
