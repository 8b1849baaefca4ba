import type { AlgoResult, FlowRequest, StreamEvent, WireError } from '../../runtime/index.js';
import type { EngineEvent } from './engine-pool.js';
import type { NodePart } from './parts.js';
import type { SourceOverrides } from './plan-builder.js';
import type { RunState } from './stream-run.js';
import type { Unreached } from './topology.js';

/** A stream as its nodes know it. */
export type StreamRef = { readonly id: string; readonly name: string };

/** Why a node takes part in nothing. */
export type NodeProblem =
  | Unreached
  /** Its own config is wrong. */
  | { readonly why: 'error'; readonly error: WireError }
  /** Another node of its stream is wrong. */
  | { readonly why: 'elsewhere'; readonly by: { readonly name: string } };

/** A stream node as the coordinator sees it. */
export interface StreamNode {
  readonly id: string;
  /** Empty where it has none. */
  readonly name: string;
  readonly type: string;
  /** What it gives to its streams' plans; throws `OPTION_INVALID`. */
  part(): NodePart;
  /** After each deploy: the streams it is in, in which state, and what is wrong with it. */
  onPlan(streams: readonly (StreamRef & { readonly state: RunState })[], problem: NodeProblem | undefined): void;
  /** The last thing that happened to one of its streams, for a node that was not there then. */
  onState(event: StreamEvent, stream: StreamRef): void;
  onEvent(event: StreamEvent, stream: StreamRef): void;
  onResult(result: AlgoResult): void;
  /** A flow algo wants its frames answered. */
  onFlowRequest(request: FlowRequest): void;
  onEngine(event: EngineEvent, streams: readonly StreamRef[]): void;
}

/** What a message asks of a source. */
export type SourceRequest =
  | ({ readonly action: 'start' } & SourceOverrides)
  | { readonly action: 'stop' }
  | { readonly action: 'pause' | 'resume' | 'step' }
  | { readonly action: 'seek'; readonly position: number };
