import { type AlgoResult, type Clock, type SinkState } from '../../runtime/index.js';
import type { Badge, NodeBadge } from '../shared/badge.js';
import { ErrorReporter } from '../shared/input.js';
import type { Red, RedMessage, RedNode } from '../shared/red.js';
import { type SharedSink, sinkOf } from '../shared/sinks.js';

/** Results that wait at a sink that sends, from which on it is shown. */
const MANY = 100;
/** Milliseconds between two messages about results that were refused or lost. */
const PAUSE_MS = 1000;

export type SinkOutletsOptions = {
  readonly node: RedNode;
  /** Ids of stream-sinks. */
  readonly ids: readonly string[];
  readonly badge: NodeBadge;
  readonly clock: Clock;
};

type Outlet = { readonly sink: SharedSink; readonly quit: () => void; told: { readonly isFailing: boolean; readonly missing: number; readonly atMs: number } };

/** The sinks of a dispatcher: hands them its results, and tells how they fare. */
export class SinkOutlets {
  readonly #options: SinkOutletsOptions;
  readonly #reporter: ErrorReporter;
  readonly #outlets: readonly Outlet[];

  constructor(red: Red, options: SinkOutletsOptions) {
    this.#options = options;
    this.#reporter = new ErrorReporter(options.node);
    this.#outlets = options.ids.flatMap((id) => {
      const sink = sinkOf(red, id);
      if (sink !== undefined) return [this.#connect(sink)];
      this.#reporter.warn(`there is no stream-sink ${id}, or it is disabled: choose another one`);
      return [];
    });
    for (const outlet of this.#outlets) this.#look(outlet, outlet.sink.state);
  }

  push(result: AlgoResult): void {
    for (const { sink } of this.#outlets) sink.push(result);
  }

  close(): void {
    for (const { quit } of this.#outlets) quit();
  }

  #connect(sink: SharedSink): Outlet {
    const outlet: Outlet = { sink, quit: sink.listen((state) => { this.#look(outlet, state); }), told: { isFailing: false, missing: 0, atMs: -Infinity } };
    return outlet;
  }

  #look(outlet: Outlet, state: SinkState): void {
    this.#options.badge.setBeside(this.#badge());
    const { told } = outlet;
    const now = this.#options.clock.now();
    const [isFailing, missing] = [state.state === 'failing', state.refused + state.lost];
    if (isFailing === told.isFailing && (missing === told.missing || now - told.atMs < PAUSE_MS)) return;
    outlet.told = { isFailing, missing, atMs: now };
    this.#tell(outlet.sink.name, state);
  }

  #tell(name: string, state: SinkState): void {
    const { error, refusal } = state;
    const trouble = error ?? refusal;
    if (trouble !== undefined) this.#reporter.warn(trouble.message);
    const message: RedMessage = { topic: name, payload: { event: 'sink', name, ...state } };
    setImmediate(() => { this.#options.node.send([null, message]); });
  }

  /** Of the one that fares worst. */
  #badge(): Badge | undefined {
    const states = this.#outlets.map(({ sink }) => ({ name: sink.name, ...sink.state }));
    const failing = states.find(({ state }) => state === 'failing');
    if (failing !== undefined) {
      const { name, waiting, error } = failing;
      return { look: 'waiting', text: 'sinkFails', values: { count: waiting, message: error?.message ?? name } };
    }
    const busiest = states.reduce((most, one) => (one.waiting > most.waiting ? one : most), { name: '', waiting: 0 });
    return busiest.waiting >= MANY ? { look: 'working', text: 'sinkWaits', values: { name: busiest.name, count: busiest.waiting } } : undefined;
  }
}
