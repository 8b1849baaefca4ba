import { type AlgoResult, type Clock, plainValue } from '../base/index.js';
import type { SinkRecord } from './sink.js';

/** A record as it is kept and sent: one line of JSON, without its end. */
export type RecordLine = string;

/** The line of a result that has just come. Throws for what is no plain data. */
export function lineOf({ stream, algo, position, frame, result, timing }: AlgoResult, { id, clock }: { readonly id: string; readonly clock: Clock }): RecordLine {
  const { index, sourceIndex, pts, width, height } = frame;
  const record: SinkRecord = {
    id, time: clock.date().toISOString(), stream: stream.name, algo, position,
    frame: { index, sourceIndex, pts, width, height }, result, timing: { inferenceMs: timing.inferenceMs, latencyMs: timing.latencyMs },
  };
  return JSON.stringify(record, plainValue);
}

/** Undefined for a line that is damaged. */
export function recordOf(line: RecordLine): SinkRecord | undefined {
  try {
    const record = JSON.parse(line) as Partial<SinkRecord> | null;
    const isWhole = typeof record?.id === 'string' && typeof record.time === 'string' && typeof record.stream === 'string' && typeof record.algo === 'string'
      && typeof record.position === 'number' && typeof record.frame === 'object' && typeof record.timing === 'object';
    return isWhole ? (record as SinkRecord) : undefined;
  } catch {
    return undefined;
  }
}
