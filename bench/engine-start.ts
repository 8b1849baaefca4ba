/** How long an engine process takes to be there, and its streams to play again after kill -9: `npx tsx bench/engine-start.ts [--rounds 15] [--streams 4]`. */
import { parseArgs } from 'node:util';

import { openEngineClient } from '../dist/runtime/engine/index.js';
import { EngineProbe, enginePids } from '../test/support/engine.js';
import { percentilesOf } from '../test/support/overload.js';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '15' }, streams: { type: 'string', default: '4' } } });
const names = Array.from({ length: Number(values.streams) }, (_, n) => `s${n}`);

/** From the call to `ready`, in milliseconds. */
async function startOnce(): Promise<number> {
  const beganAt = performance.now();
  const probe = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
  await probe.until(() => probe.engineEvents.find(({ event }) => event === 'ready'));
  const ms = performance.now() - beganAt;
  await probe.engine.destroy();
  return ms;
}

/** From kill -9 of an engine with streams of motion detection to a result of each of them, in milliseconds; its first crash, so the pause before the restart is half a second. */
async function killOnce(): Promise<number> {
  const probe = await EngineProbe.open((handlers) => openEngineClient({}, handlers));
  for (const name of names) {
    const algos = [{ id: 'm', name: 'motion', kind: 'motion' as const, interval: 0.1 }];
    await probe.start({ id: name, name, sourceId: name, mode: 'realtime', source: { location: 'test:?width=640&height=360&fps=25' }, algos });
  }
  for (const name of names) await probe.until(() => probe.results.find(({ streamId }) => streamId === name));
  const beganAt = performance.now();
  process.kill(enginePids()[0] ?? NaN, 'SIGKILL');
  for (const name of names) await probe.until(() => probe.results.find(({ streamId, stream }) => streamId === name && stream.epoch === 1));
  const ms = performance.now() - beganAt;
  await probe.engine.destroy();
  return ms;
}

async function times(one: () => Promise<number>): Promise<string> {
  const all: number[] = [];
  for (let round = 0; round < Number(values.rounds); round += 1) all.push(await one());
  const { p50, max } = percentilesOf(all);
  return `median ${p50.toFixed(0)} ms, most ${max.toFixed(0)} ms, of ${all.length}`;
}

async function main(): Promise<void> {
  process.stdout.write(`engine start: ${await times(startOnce)}\n`);
  process.stdout.write(`kill -9 until all ${names.length} streams give results again: ${await times(killOnce)}\n`);
}

void main();
