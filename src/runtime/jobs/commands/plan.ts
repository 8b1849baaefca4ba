import { type Capacity, type CapacityOptions, type CapacityRow, measureCapacity } from '../capacity/capacity.js';
import { EXIT, numberOf, onlyArgument, readArguments } from './exit.js';
import { openInterrupt } from './interrupt.js';
import { plainTable } from './plain-table.js';

const OPTIONS = {
  source: { type: 'string' },
  interval: { type: 'string' },
  record: { type: 'boolean', default: false },
  threads: { type: 'string' },
  cpu: { type: 'string' },
  memory: { type: 'string' },
  streams: { type: 'string' },
  seconds: { type: 'string' },
  json: { type: 'boolean', default: false },
} as const;

const HEADER = ['run every', 'cameras', 'of the cores', 'memory', 'model (p50)', 'result after (p99)', 'limit'];

/** `stream-infer plan MODEL …`: how many cameras this machine carries with a model. */
export async function plan(args: readonly string[]): Promise<number> {
  const { values, positionals } = readArguments({ args: [...args], options: OPTIONS, allowPositionals: true });
  const options = { model: onlyArgument(positionals, 'model'), ...optionsOf(values) };
  const interrupt = openInterrupt(tell);
  try {
    const capacity = await measureCapacity({ ...options, signal: interrupt.signal, onTrial: ({ interval, streams }) => { tell(`a run every ${interval} s: plays ${streams}`); } });
    process.stdout.write(values.json ? `${JSON.stringify(capacity, null, 2)}\n` : text(capacity));
    return EXIT.done;
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT.other;
    throw error;
  } finally {
    interrupt.end();
  }
}

type Values = { readonly [K in 'source' | 'interval' | 'threads' | 'cpu' | 'memory' | 'streams' | 'seconds']?: string } & { readonly record: boolean };

function optionsOf({ source, interval, record, ...numbers }: Values): Omit<CapacityOptions, 'model'> {
  const names = { threads: 'threads', cpu: 'cpuPercent', memory: 'memoryPercent', streams: 'streams', seconds: 'seconds' } as const;
  const given = Object.entries(names).flatMap(([option, name]) => {
    const value = numbers[option as keyof typeof names];
    return value === undefined ? [] : [[name, numberOf(`--${option}`, value)]];
  });
  return {
    record, ...(Object.fromEntries(given) as Partial<CapacityOptions>),
    ...(source !== undefined && { source }),
    ...(interval !== undefined && { intervals: interval.split(',').map((part) => numberOf('--interval', part)) }),
  };
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function text({ machine, source, rows }: Capacity): string {
  const { width, height, fps, codec, location } = source;
  const head = `${machine.cores} cores (${machine.cpu}), ${gibibytes(machine.memoryBytes)} GiB of memory\ncameras as ${location}: ${width}×${height}, ${Number(fps.toFixed(2))} frames a second, ${codec}`;
  return `${head}\n\n${plainTable([HEADER, ...rows.map(cells)])}\n`;
}

function cells({ interval, streams, cpuPercent, memoryBytes, inferenceMs, latencyMs, limit }: CapacityRow): string[] {
  const taken = streams === 0 ? `${cpuPercent.toFixed(0)} % by one` : `${cpuPercent.toFixed(0)} %`;
  return [`${interval} s`, String(streams), taken, `${gibibytes(memoryBytes)} GiB`, `${inferenceMs.toFixed(1)} ms`, `${latencyMs.toFixed(0)} ms`, limit];
}

function gibibytes(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}
