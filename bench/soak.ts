/** Streams that come and go for hours, and what the engine's process has of the system meanwhile: `npx tsx bench/soak.ts [--hours 8] [--every 60]`. */
import { parseArgs } from 'node:util';

import { type Footprint, settledFootprint, SoakEngine } from '../test/support/soak.js';
import { slopeOf } from './support/slope.js';

const { values } = parseArgs({ options: { hours: { type: 'string', default: '8' }, every: { type: 'string', default: '60' } } });

/** Growth that is none, an hour: what is there after the first quarter is where a process has come to rest. */
const MOST = { rssMiB: 5, handles: 1, threads: 1, temporary: 0.5 } as const satisfies Record<keyof Footprint, number>;
const FIELDS = Object.keys(MOST) as (keyof Footprint)[];

async function main(): Promise<void> {
  const soak = await SoakEngine.open();
  const rows: (Footprint & { readonly hours: number })[] = [];
  const beganAtMs = performance.now();
  const hours = (): number => (performance.now() - beganAtMs) / 3_600_000;
  process.stdout.write('hours,rounds,streams,reconnects,rss MiB,handles,threads,temporary files\n');
  try {
    while (hours() < Number(values.hours)) {
      await soak.play(Number(values.every));
      const row = { hours: hours(), ...(await settledFootprint(soak.pid, soak.temporaryFolder)) };
      rows.push(row);
      const { rounds, streams, reconnects } = soak.counts;
      process.stdout.write(`${row.hours.toFixed(3)},${rounds},${streams},${reconnects},${FIELDS.map((field) => row[field]).join(',')}\n`);
    }
  } finally {
    await soak.close();
  }
  const settled = rows.slice(Math.floor(rows.length / 4));
  const growth = FIELDS.map((field) => ({ field, perHour: slopeOf(settled.map((row) => [row.hours, row[field]] as const)) }));
  for (const { field, perHour } of growth) process.stdout.write(`${field}: ${perHour.toFixed(2)} an hour, at most ${MOST[field]}: ${perHour <= MOST[field] ? 'ok' : 'GROWS'}\n`);
  process.exitCode = growth.every(({ field, perHour }) => perHour <= MOST[field]) ? 0 : 1;
}

void main();
