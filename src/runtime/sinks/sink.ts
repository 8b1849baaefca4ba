/**
 * A result on its way to a receiver, as it is spooled and sent: plain data, the result line of the command line with an
 * id and a time of day.
 */
export type SinkRecord = {
  /** UUID, the same however often the record is sent: receivers drop doubles by it. */
  readonly id: string;
  /** When the result came, ISO 8601 in UTC with milliseconds. */
  readonly time: string;
  /** Name of the stream. */
  readonly stream: string;
  /** Name of the algo. */
  readonly algo: string;
  /** Seconds from the start of the stream. */
  readonly position: number;
  readonly frame: { readonly index: number; readonly sourceIndex: number; readonly pts: number; readonly width: number; readonly height: number };
  readonly result: unknown;
  readonly timing: { readonly inferenceMs: number; readonly latencyMs: number };
};

/**
 * Where results go: a connection to one receiver. Whoever holds it calls one method at a time; queueing, batching,
 * further tries and the spool are `SinkQueue`'s, so a sink only sends, and tells when it could not.
 */
export interface Sink {
  /** Connects, and makes what it needs at the receiver. Called again after a failure. Throws as `send`. */
  open(signal: AbortSignal): Promise<void>;
  /**
   * Sends all records, in order; resolves when the receiver has them for sure. Throws `SINK_FAILED` where a further try
   * may help (the receiver may then have some of them), `SINK_REFUSED` where the receiver will never take one of them.
   */
  send(records: readonly SinkRecord[], signal: AbortSignal): Promise<void>;
  /** Frees the connection; may be opened again. Never throws. */
  close(): Promise<void>;
}
