import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** What is tried with a file: its pictures are read in one of three ways with libav, or with the ffmpeg program; or it is a model. */
export const WAYS = ['every', 'some', 'realtime', 'ffmpeg', 'model'] as const;
export type Attempt = { readonly path: string; readonly way: (typeof WAYS)[number] };

/** `code`: `ok`, an error's code, or `UNKNOWN` for an error that has none. `peakMb`: most memory that the process has had so far. */
export type VictimReply = { readonly code: string; readonly message: string; readonly peakMb: number };

/** How an attempt ended; `died` and `hung` have taken the process along. `grownMb`: by how much it raised the process's peak of memory. */
export type Fate = { readonly how: 'answered' | 'died' | 'hung'; readonly code: string; readonly message: string; readonly grownMb: number };

/** An attempt that takes longer hangs. */
const HANG_MS = 30_000;
/** A process that has had more memory is ended after its attempt, so that the next one's can be seen. */
const FRESH_MB = 400;

/** A process that may be killed by what it is shown; the next one takes its place. */
export class Victim {
  #child: ChildProcess | undefined;
  #peakMb = 0;

  async try(attempt: Attempt): Promise<Fate> {
    const child = (this.#child ??= this.#start());
    const before = this.#peakMb;
    const over = new AbortController();
    const late = AbortSignal.timeout(HANG_MS);
    const gone = once(child, 'exit', { signal: over.signal }).then(([code, signal]) => ({ how: 'died', code: String(signal ?? code), message: '', grownMb: 0 } as const));
    const answer = once(child, 'message', { signal: AbortSignal.any([over.signal, late]) }).then(([reply]) => this.#note(reply as VictimReply, before));
    const hang = new Promise<Fate>((resolve) => { late.addEventListener('abort', () => { resolve({ how: 'hung', code: '', message: '', grownMb: 0 }); }); });
    child.send(attempt, () => undefined);
    const fate = await Promise.race([gone, answer.catch(() => hang), hang]);
    over.abort();
    await Promise.allSettled([gone, answer]);
    if (fate.how !== 'answered' || this.#peakMb > FRESH_MB) this.close();
    return fate;
  }

  close(): void {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
    this.#peakMb = 0;
  }

  #start(): ChildProcess {
    return fork(join(__dirname, 'victim-process.ts'), [], { execArgv: ['--import', 'tsx'], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  }

  #note({ code, message, peakMb }: VictimReply, before: number): Fate {
    this.#peakMb = peakMb;
    return { how: 'answered', code, message, grownMb: before === 0 ? peakMb : peakMb - before };
  }
}
