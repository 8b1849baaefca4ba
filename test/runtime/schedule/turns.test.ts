import assert from 'node:assert/strict';

import { type Turn, Turns } from '../../../dist/runtime/schedule/index.js';

type Late = 'skip' | 'queue' | 'restart';
/** At which second a turn comes due (`due`) or the oldest run ends (`end`). */
type Step = 'due' | 'end' | 'clear';

/** Plays the steps, one a second; tells `second of its frames @ second it began` of each run, and what was skipped. */
function play(late: Late, { limit, atOnce = 1 }: { limit: number; atOnce?: number }, steps: readonly Step[]): { runs: string[]; skipped: Record<string, number>; givenUp: number[]; held: number } {
  const runs: string[] = [];
  const givenUp: number[] = [];
  const skipped: Record<string, number> = {};
  let held = 0;
  let now = 0;
  const frames = (): number => { held += 1; return now; };
  const turns = new Turns<number>({
    late, limit, atOnce,
    onSkipped: (cause, count) => { skipped[cause] = (skipped[cause] ?? 0) + count; },
    release: () => { held -= 1; },
  });
  const underWay: Turn<number>[] = [];
  for (const step of steps) {
    now += 1;
    if (step === 'due' && turns.add(frames)) givenUp.push(now);
    const ended = step === 'end' ? underWay.shift() : undefined;
    if (ended !== undefined) turns.end(ended);
    if (step === 'clear') turns.clear();
    const turn = turns.begin(frames);
    if (turn === undefined) continue;
    held -= 1;
    underWay.push(turn);
    runs.push(`${turn.window}@${now}`);
  }
  return { runs, skipped, givenUp, held };
}

describe('turns', () => {
  const rows: readonly [why: string, late: Late, steps: readonly Step[], runs: readonly string[], skipped: object][] = [
    ['skip: a free algo runs at once', 'skip', ['due', 'end', 'due'], ['1@1', '3@3'], {}],
    ['skip: a turn waits, and takes the frames of the moment it begins', 'skip', ['due', 'due', 'end'], ['1@1', '3@3'], {}],
    ['skip: the next turn takes the place of the one that waits', 'skip', ['due', 'due', 'due', 'due', 'end', 'end'], ['1@1', '5@5'], { busy: 2 }],
    ['queue: turns keep the frames of their moment, oldest first', 'queue', ['due', 'due', 'due', 'end', 'end', 'end'], ['1@1', '2@4', '3@5'], {}],
    ['queue: when too many wait, the oldest is given up', 'queue', ['due', 'due', 'due', 'due', 'due', 'end', 'end', 'end'], ['1@1', '4@6', '5@7'], { busy: 2 }],
    ['queue: what waits when it is cleared does not run', 'queue', ['due', 'due', 'due', 'clear', 'end'], ['1@1'], { busy: 2 }],
    ['restart: a run is given up for the next turn, which takes the newest frames when it begins', 'restart', ['due', 'due', 'end', 'end'], ['1@1', '3@3'], { restarted: 1 }],
    ['restart: a run that does not stop is given up once; a turn in line makes room as in skip', 'restart', ['due', 'due', 'due', 'end'], ['1@1', '4@4'], { restarted: 1, busy: 1 }],
    ['restart: a run that ends before the next turn is kept', 'restart', ['due', 'end', 'due', 'end'], ['1@1', '3@3'], {}],
  ];
  for (const [why, late, steps, runs, skipped] of rows) {
    it(why, () => {
      const played = play(late, { limit: 2 }, steps);
      assert.deepEqual({ runs: played.runs, skipped: played.skipped }, { runs, skipped });
      assert.equal(played.held, 0, 'all frames given back');
    });
  }

  const several: readonly [why: string, late: Late, steps: readonly Step[], runs: readonly string[], skipped: object][] = [
    ['a turn that comes while there is room runs at once', 'skip', ['due', 'due', 'due', 'end', 'end'], ['1@1', '2@2', '4@4'], {}],
    ['queue waits only when there is no room', 'queue', ['due', 'due', 'due', 'due', 'end', 'end'], ['1@1', '2@2', '3@5', '4@6'], {}],
    ['restart gives up nothing while there is room, then all', 'restart', ['due', 'due', 'due', 'end', 'end', 'end'], ['1@1', '2@2', '4@4'], { restarted: 2 }],
  ];
  for (const [why, late, steps, runs, skipped] of several) {
    it(`two at once: ${why}`, () => {
      const played = play(late, { limit: 2, atOnce: 2 }, steps);
      assert.deepEqual({ runs: played.runs, skipped: played.skipped, held: played.held }, { runs, skipped, held: 0 });
    });
  }

  it('restart: after five in a row a run is let finish, and then it begins anew', () => {
    const slow = ['due', ...Array.from({ length: 14 }, () => ['due', 'end'] as const).flat()] as Step[];
    const { givenUp, runs, skipped } = play('restart', { limit: 4 }, slow);
    assert.deepEqual(givenUp, [2, 4, 6, 8, 10, 14, 16, 18, 20, 22, 26, 28]);
    assert.equal(runs.length - (skipped['restarted'] ?? 0), 3, '11@11, 23@23 and the last, which is under way');
    assert.equal(skipped['busy'], undefined);
  });

  it('every turn runs, is skipped, or waits, whatever comes', () => {
    let seed = 1;
    const random = (): number => (seed = (seed * 16807) % 2147483647) / 2147483647;
    for (const [late, atOnce] of [['skip', 1], ['queue', 1], ['restart', 1], ['skip', 3], ['queue', 3], ['restart', 3]] as const) {
      const steps = Array.from({ length: 5000 }, (): Step => (random() < 0.7 ? 'due' : 'end'));
      const { runs, skipped, held } = play(late, { limit: 3, atOnce }, [...steps, 'clear']);
      const due = steps.filter((step) => step === 'due').length;
      assert.equal(runs.length + (skipped['busy'] ?? 0), due, late);
      assert.equal(held, 0, late);
      assert.equal((skipped['restarted'] ?? 0) > 0, late === 'restart');
    }
  });
});
