import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

/** Cores that the sides may use. */
export const CORES = availableParallelism();

/** The machine, what runs on it and how it was measured, in a line. */
export function describeMachine(rounds: number): string {
  const memory = Math.round(totalmem() / 2 ** 30);
  const ffmpeg = execFileSync('ffmpeg', ['-version'], { encoding: 'utf8' }).split(' ')[2] ?? '?';
  const system = `${CORES} × ${cpus()[0]?.model ?? 'CPU'}, ${memory} GiB, ${type()} ${release()}`;
  return `${system}, Node.js ${process.versions.node}, ffmpeg ${ffmpeg}, load ${(loadavg()[0] ?? 0).toFixed(1)} before; sides in turns, rounds: ${rounds}`;
}

/** Milliseconds that all cores together have been idle since the machine started. */
export function idleMs(): number {
  return cpus().reduce((sum, { times }) => sum + times.idle, 0);
}
