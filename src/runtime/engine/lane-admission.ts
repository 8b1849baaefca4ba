import type { Clock } from '../base/index.js';
import { LaneQueue } from './lane-queue.js';

/** What waits in a line: a run with its frames, or a stream that asks to make them. */
type Item<Port, Run> = { readonly port: Port; readonly run?: Run };

export type LaneAdmissionOptions<Port> = {
  /** Runs that the lane takes at a time. */
  readonly room: number;
  readonly clock: Clock;
  /** Whether no run is under way. */
  readonly isIdle: () => boolean;
  /** The frames of that stream's turn are to be made. */
  readonly onGo: (port: Port) => void;
  /** Whether that stream is to ask first. */
  readonly onAsking: (port: Port, isOn: boolean) => void;
};

/** Milliseconds in which a stream that was told to go makes its frames; for one that takes longer, because it gets no core, an idle lane does not wait. */
const PATIENCE_MS = 50;

/**
 * Who comes to a lane, and when the frames of a run are made. Where few share the lane they send runs as they come: none waits long. Where more
 * do, a stream asks, and makes its frames when it is told to go, by the order of `LaneQueue`: they are the newest when the run begins, however
 * many wait. As many are gone or ready as the lane takes at a time, so that it never waits for frames.
 */
export class LaneAdmission<Port, Run> {
  readonly #options: LaneAdmissionOptions<Port>;
  readonly #queue = new LaneQueue<Port, Item<Port, Run>>();
  readonly #ports = new Set<Port>();
  /** Told to go; their runs have not come. */
  readonly #gone: { readonly port: Port; readonly atMs: number }[] = [];
  /** Came of that, oldest first. */
  readonly #ready: { readonly port: Port; readonly run: Run }[] = [];
  #isAsking = false;

  constructor(options: LaneAdmissionOptions<Port>) {
    this.#options = options;
  }

  get ports(): readonly Port[] {
    return [...this.#ports];
  }

  /** A stream comes; `priority` as in the plan. */
  open(port: Port, priority: number): void {
    this.#ports.add(port);
    this.#queue.open(port, priority);
    if (this.#isAsking) this.#options.onAsking(port, true);
    else this.#fitAsking();
  }

  /** A stream goes; what waits of it is forgotten. */
  close(port: Port): void {
    this.#ports.delete(port);
    this.#queue.close(port);
    while (this.#leave(port));
    for (let at = this.#ready.length - 1; at >= 0; at -= 1) if (this.#ready[at]?.port === port) this.#ready.splice(at, 1);
    this.#fitAsking();
    this.letGo();
  }

  /** A turn of the stream waits. */
  ask(port: Port): void {
    this.#queue.push(port, { port });
    this.letGo();
  }

  /** The stream was told to go, and has no turn any more. */
  pass(port: Port): void {
    this.#leave(port);
    this.letGo();
  }

  /** A run of the stream has come with its frames. */
  push(port: Port, run: Run): void {
    if (this.#leave(port)) this.#ready.push({ port, run });
    else if (this.#ports.has(port)) this.#queue.push(port, { port, run });
  }

  /** How many runs wait that fit. */
  count(fits: (run: Run) => boolean): number {
    return this.#ready.filter(({ run }) => fits(run)).length + this.#queue.count((item) => item.run !== undefined && fits(item.run));
  }

  /** The run that is next, of those that fit. */
  take(fits: (run: Run) => boolean = () => true): Run | undefined {
    const at = this.#ready.findIndex(({ run }) => fits(run));
    const next = at >= 0 ? this.#ready.splice(at, 1)[0] : this.#queue.take((item) => item.run !== undefined && fits(item.run));
    this.letGo();
    return next?.run;
  }

  /** Tells streams to go, as many as there is room for; to be called when a run has ended, too. */
  letGo(): void {
    const isAsk = ({ run }: Item<Port, Run>): boolean => run === undefined;
    const { room, clock, onGo } = this.#options;
    while (this.#expected + this.count(() => true) < room) {
      const ask = this.#queue.take(isAsk);
      if (ask === undefined) return;
      this.#gone.push({ port: ask.port, atMs: clock.now() });
      onGo(ask.port);
      void clock.sleep(PATIENCE_MS).then(() => { this.letGo(); });
    }
  }

  /** False: it had not been told to go. */
  #leave(port: Port): boolean {
    const at = this.#gone.findIndex((gone) => gone.port === port);
    if (at >= 0) this.#gone.splice(at, 1);
    return at >= 0;
  }

  /** Told to go, and waited for. */
  get #expected(): number {
    const { clock, isIdle } = this.#options;
    if (!isIdle()) return this.#gone.length;
    const now = clock.now();
    return this.#gone.filter(({ atMs }) => now - atMs < PATIENCE_MS).length;
  }

  /** Without asking, each waits for the runs under way and those of one more. */
  #fitAsking(): void {
    const isAsking = this.#ports.size > this.#options.room + 1;
    if (isAsking === this.#isAsking) return;
    this.#isAsking = isAsking;
    for (const port of this.#ports) this.#options.onAsking(port, isAsking);
  }
}
