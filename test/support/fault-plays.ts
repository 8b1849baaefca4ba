import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import fc from 'fast-check';

import type { UserAlgo } from '../../dist/runtime/algo/index.js';
import type { StreamEvent, StreamPlan, StreamPlanInput } from '../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../dist/runtime/base/plan.js';
import { openEngine, type ProcessHook } from '../../dist/runtime/engine/index.js';
import { countBefore } from '../../dist/runtime/schedule/index.js';
import { EngineProbe } from './engine.js';
import { assertTotals, type PlayedFacts, turnsOf } from './totals.js';

/*
 * Streams that are played to their end with faults that look like chance, and what must be true of their totals.
 */

const FAULTY = resolve(__dirname, '../fixtures/algos/faulty-algo.cjs');
const FPS = 25;
const SECONDS = 4;
/** A frame of the wrong size is given to the recorder for that one. */
const BAD_FRAME = 20;

/** Of a hundred runs so many throw, never end, leave their thread, hold it for ever. */
type Faults = { readonly throws: number; readonly hangs: number; readonly leaves: number; readonly spins: number };
type AlgoSetting = {
  readonly kind: 'module' | 'local';
  readonly interval: number;
  readonly frameCount: number;
  readonly frameStep: number;
  readonly faults: Faults;
  readonly isGated: boolean;
  /** An algo on its crops is there too. */
  readonly isWatched: boolean;
};
/** What is done to the stream when so many results have come. */
type Meddling = { readonly after: number; readonly what: 'stop' | 'pause' | 'disable' | 'set' | 'run' | 'seek'; readonly position: number };

export type FaultPlay = {
  readonly source: 'pattern' | 'clean' | 'damaged' | 'truncated';
  readonly mode: 'offline' | 'realtime';
  readonly backend: 'libav' | 'ffmpeg';
  readonly position: number;
  readonly fps: number | undefined;
  readonly algos: readonly AlgoSetting[];
  readonly recorder: 'none' | 'good' | 'failing';
  readonly meddling: Meddling | undefined;
};

/** Plays of any kind, in that mode. */
export function faultPlays(mode: FaultPlay['mode']): fc.Arbitrary<FaultPlay> {
  return fc.record({
    source: fc.constantFrom('pattern', 'clean', 'damaged', 'truncated'),
    mode: fc.constant(mode),
    backend: fc.constantFrom('libav', 'libav', 'ffmpeg'),
    position: fc.constantFrom(0, 0, 1.5),
    fps: fc.constantFrom(undefined, undefined, 10, 7.5),
    algos: fc.array(algoSetting(), { minLength: 1, maxLength: 3 }),
    recorder: fc.constantFrom('none', 'none', 'good', 'failing'),
    meddling: fc.option(
      fc.record({
        after: fc.integer({ min: 0, max: 30 }),
        what: fc.constantFrom('stop', 'stop', 'pause', 'disable', 'set', 'run', 'seek', 'seek'),
        position: fc.constantFrom(0, 0.5, 1.34, 3.9),
      }),
      { nil: undefined },
    ),
  });
}

function algoSetting(): fc.Arbitrary<AlgoSetting> {
  const percent = (most: number): fc.Arbitrary<number> => fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: most }) });
  return fc.record({
    kind: fc.constantFrom('module', 'local'),
    interval: fc.constantFrom(0, 0.1, 0.5, 1, 2.5),
    frameCount: fc.integer({ min: 1, max: 4 }),
    frameStep: fc.integer({ min: 0, max: 6 }),
    faults: fc.record({ throws: percent(60), hangs: percent(5), leaves: percent(3), spins: percent(1) }),
    isGated: fc.boolean(),
    isWatched: fc.boolean(),
  });
}

/** Clips of the test picture, whole and broken, in a new folder. The same bytes are broken each time. */
export function makeClips(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stream-infer-faults-'));
  const clean = join(folder, 'clean.mp4');
  execFileSync('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', `testsrc2=size=160x96:rate=${FPS}`, '-t', String(SECONDS),
    '-c:v', 'libx264', '-g', '25', '-bf', '2', '-pix_fmt', 'yuv420p', '-movflags', '+faststart', clean,
  ]);
  const bytes = readFileSync(clean);
  const data = bytes.indexOf('mdat') + 4;
  const damaged = Buffer.from(bytes);
  for (let at = data + 3000; at < damaged.length; at += 2917) damaged.fill(0xa5, at, at + 40);
  writeFileSync(join(folder, 'damaged.mp4'), damaged);
  writeFileSync(join(folder, 'truncated.mp4'), bytes.subarray(0, data + Math.floor((bytes.length - data) * 0.6)));
  return folder;
}

/** Plays it to its end and fails unless its account is whole; `folder` has the clips. */
export async function playWithFaults(play: FaultPlay, folder: string): Promise<void> {
  const plan = planOf(play, folder);
  const probe = await EngineProbe.open((handlers) => openEngine({ localAlgos: localsOf(play, plan), processHook: hookOf(play) }, handlers));
  try {
    await probe.engine.start(plan);
    await meddle(probe, play.meddling);
    const ended = await probe.ended();
    checkAccount(play, { plan, probe, ended });
  } finally {
    await probe.engine.close();
  }
}

type Ended = Extract<StreamEvent, { event: 'ended' }>;

function checkAccount(play: FaultPlay, { plan, probe, ended }: { readonly plan: StreamPlan; readonly probe: EngineProbe; readonly ended: Ended }): void {
  assertTotals(ended.totals, plan, factsOf(play, { plan, results: probe.results, isWhole: ended.reason === 'finished' }));
  // each result of an algo brings a run on its crops, at once or later
  for (const name of Object.keys(ended.totals.algos).filter((key) => key.startsWith('on '))) {
    assert.equal(turnsOf(ended.totals.algos, name), ended.totals.algos[name.slice(3)]?.runs, `${name}: ${JSON.stringify(ended.totals.algos)}`);
  }
  assert.equal(probe.events.filter(({ event }) => event === 'ended').length, 1);
}

function factsOf({ meddling, position, source, fps }: FaultPlay, played: { readonly plan: StreamPlan; readonly results: PlayedFacts['results']; readonly isWhole: boolean }): PlayedFacts {
  const { plan, results, isWhole } = played;
  const facts = { results, fps: Math.min(FPS, fps ?? FPS) };
  if (meddling?.what === 'seek') {
    // a stream that ends early has frames that the watcher had no time for
    const unforeseen = new Set(isWhole ? [] : plan.algos.map(({ name }) => name));
    return { ...facts, unforeseen, jumps: { watcher: 'watcher', positions: new Map([[0, position], [1, meddling.position]]) } };
  }
  const unforeseen = new Set(['disable', 'set', 'run'].includes(meddling?.what ?? '') ? ['0'] : []);
  const isKnown = isWhole && (source === 'pattern' || source === 'clean');
  return { ...facts, unforeseen, ...(isKnown && { frames: FPS * SECONDS - countBefore(position, FPS) }) };
}

function planOf(play: FaultPlay, folder: string): StreamPlan {
  const { source, position, mode, backend, fps, recorder } = play;
  const location = source === 'pattern' ? `test:?width=160&height=96&fps=${FPS}&seconds=${SECONDS}` : join(folder, `${source}.mp4`);
  const algos = play.algos.flatMap((setting, at) => algosOf(setting, at));
  const input: StreamPlanInput = {
    id: 's', name: 's', mode,
    source: { location, position },
    producer: { backend, ...(fps !== undefined && { fps }) },
    algos: [...algos, { id: 'w', name: 'watcher', kind: 'local' as const, interval: 0 }].slice(0, needsWatcher(play) ? undefined : -1),
    recorders: recorder === 'none' ? [] : [{ id: 'r', path: join(folder, `${recorder}.mp4`), preset: 'ultrafast' }],
    process: recorder === 'failing',
  };
  return resolveStreamPlan(input);
}

function needsWatcher({ meddling }: FaultPlay): boolean {
  return meddling?.what === 'seek';
}

function algosOf({ kind, interval, frameCount, frameStep, faults, isGated, isWatched }: AlgoSetting, at: number): NonNullable<StreamPlanInput['algos']> {
  const name = String(at);
  const shared = { id: name, name, interval, frameCount, frameStep, timeout: 0.2, ...(isGated && { motionGate: { floor: 0.5 } }) };
  const algo = kind === 'local' ? { ...shared, kind } : { ...shared, kind, module: FAULTY, kwargs: { ...faults, seed: 7 + at } };
  const watcher = { id: `on ${name}`, name: `on ${name}`, kind: 'module' as const, interval: 0, timeout: 0.2, module: FAULTY, kwargs: { seed: at, throws: 10, hangs: 1 }, crops: { of: name, minSize: 1 } };
  return isWatched ? [algo, watcher] : [algo];
}

/** Those that are objects of this process throw and hang, too. */
function localsOf({ algos }: FaultPlay, plan: StreamPlan): Map<string, UserAlgo> {
  let state = 99;
  const chance = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state / 2 ** 32) * 100;
  };
  return new Map(plan.algos.filter(({ kind }) => kind === 'local').map(({ id }) => [id, {
    run: async () => {
      const { throws = 0, hangs = 0 } = algos[Number(id)]?.faults ?? {};
      const drawn = chance();
      if (drawn < throws) throw new Error('it broke');
      if (drawn < throws + hangs) await new Promise(() => undefined);
      return [{ label: 'thing', score: 1, box: { xmin: 0, ymin: 0, xmax: 80, ymax: 80 } }];
    },
  }]));
}

function hookOf({ recorder }: FaultPlay): ProcessHook {
  return (_id, frame) => (recorder === 'failing' && frame.index === BAD_FRAME ? new Uint8Array(3) : undefined);
}

/** Does what is to be done when so many results have come; nothing where the stream ends before. */
async function meddle(probe: EngineProbe, meddling: Meddling | undefined): Promise<void> {
  if (meddling === undefined) return;
  const { after, what, position } = meddling;
  const hasEnded = (): boolean => probe.events.some(({ event }) => event === 'ended');
  await probe.until(() => hasEnded() || (probe.events.some(({ event }) => event === 'started') && probe.results.length >= after) || undefined);
  try {
    if (what === 'stop') await probe.engine.stop('s');
    else if (what === 'seek') await probe.engine.command('s', { action: 'seek', position });
    else if (what === 'pause') for (const action of ['pause', 'resume'] as const) await probe.engine.command('s', { action });
    else if (what === 'set') await probe.engine.command('s', { action: 'algo', algoId: '0', do: 'set', interval: 0.2 });
    else for (const does of [what, 'enable'] as const) await probe.engine.command('s', { action: 'algo', algoId: '0', do: does });
  } catch (error) {
    // it had just ended
    assert.ok(hasEnded() || (error as { code?: string }).code === 'STATE_INVALID' || (error as { code?: string }).code === 'STREAM_UNKNOWN', String(error));
  }
}
