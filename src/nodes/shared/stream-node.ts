import { systemClock, type AlgoResult, type FlowRequest, type StreamEvent, type WireError } from '../../runtime/index.js';
import { crashed, failed, NodeBadge, unreachedBadge, type Badge } from './badge.js';
import type { Coordinator } from './coordinator.js';
import { coordinatorOf } from './coordinators.js';
import type { EngineEvent } from './engine-pool.js';
import { ErrorReporter } from './input.js';
import type { NodeProblem, StreamNode, StreamRef } from './node-api.js';
import type { NodePart } from './parts.js';
import type { Red, RedMessage, RedNode } from './red.js';
import type { RunState } from './stream-run.js';

/** What one kind of node does that others do not. */
export type NodeBehaviour = {
  /** What it gives to the plan; throws `OPTION_INVALID`. */
  readonly part: () => NodePart;
  /** The badge after an event of one of its streams; undefined: stays. */
  readonly badge: (event: StreamEvent, stream: StreamRef) => Badge | undefined;
  /** Whether an error or a warning is this node's to tell. */
  readonly owns: (event: StreamEvent & { event: 'error' | 'warning' | 'stalled' }) => boolean;
  readonly onEvent?: (event: StreamEvent, stream: StreamRef) => void;
  readonly onResult?: (result: AlgoResult) => void;
  readonly onFlowRequest?: (request: FlowRequest) => void;
  readonly onEngine?: (event: EngineEvent, streams: readonly StreamRef[]) => void;
};

/** The half of a stream node that they all have: it signs on with the coordinator, shows its badge, tells its errors. */
export class AttachedNode implements StreamNode {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly coordinator: Coordinator;
  readonly badge: NodeBadge;
  readonly #behaviour: NodeBehaviour;
  readonly #reporter: ErrorReporter;

  constructor(red: Red, node: RedNode, behaviour: NodeBehaviour) {
    this.id = node.id;
    this.name = node.name ?? '';
    this.type = node.type;
    this.#behaviour = behaviour;
    this.#reporter = new ErrorReporter(node);
    this.badge = new NodeBadge(node, (key, values) => red._(key, values), systemClock);
    this.coordinator = coordinatorOf(red);
    this.coordinator.add(this);
    node.on('close', (_removed, done) => {
      this.badge.close();
      this.coordinator.remove(this).then(done, done);
    });
  }

  part(): NodePart {
    return this.#behaviour.part();
  }

  onPlan(streams: readonly (StreamRef & { readonly state: RunState })[], problem: NodeProblem | undefined): void {
    this.badge.keepOnly(streams.map(({ id }) => id));
    this.badge.setOwn(problem === undefined ? undefined : this.#problemBadge(problem));
    if (problem?.why === 'error') this.#tellError(problem.error);
    for (const { id, state } of streams) {
      if (state === 'idle') this.badge.set(id, { look: 'idle', text: 'waiting' });
    }
  }

  onState(event: StreamEvent, stream: StreamRef): void {
    const badge = this.#behaviour.badge(event, stream);
    if (badge !== undefined) this.badge.set(stream.id, badge);
  }

  onEvent(event: StreamEvent, stream: StreamRef): void {
    this.onState(event, stream);
    if (event.event === 'started') this.#reporter.forget();
    this.#tellProblem(event, stream);
    this.#behaviour.onEvent?.(event, stream);
  }

  onResult(result: AlgoResult): void {
    this.#behaviour.onResult?.(result);
  }

  onFlowRequest(request: FlowRequest): void {
    this.#behaviour.onFlowRequest?.(request);
  }

  onEngine(event: EngineEvent, streams: readonly StreamRef[]): void {
    if (event.event === 'crashed') {
      for (const { id } of streams) this.badge.set(id, crashed(event.restartIn));
    }
    this.#behaviour.onEngine?.(event, streams);
  }

  #problemBadge(problem: NodeProblem): Badge {
    if (problem.why === 'error') return failed(problem.error.message);
    if (problem.why === 'elsewhere') return { look: 'waiting', text: 'otherNode', values: problem.by };
    return unreachedBadge(problem, this.type === 'stream-source' ? 'source' : 'other');
  }

  #tellProblem(event: StreamEvent, stream: StreamRef): void {
    // An end that is a failure was told as an error before it, by the node whose fault it is.
    if (event.event !== 'error' && event.event !== 'warning' && event.event !== 'stalled') return;
    if (!this.#behaviour.owns(event)) return;
    if (event.event === 'warning') this.#reporter.warn(event.message);
    else if (event.event === 'stalled') this.#reporter.warn(event.error.message);
    else this.#tellError(event.error, stream);
  }

  /** With a message, so that Catch nodes get it. */
  #tellError({ code, message }: WireError, stream?: StreamRef): void {
    const told: RedMessage = { payload: { event: 'error', code, message } };
    if (stream !== undefined) Object.assign(told, { topic: stream.name, stream: { id: stream.id, name: stream.name } });
    this.#reporter.error({ code, message }, told);
  }
}

/** Whether an error or a warning is the whole stream's, and not an algo's or a recorder's. */
export function ofWholeStream(event: StreamEvent): boolean {
  return !('algoId' in event) && !('recorderId' in event);
}
