import type { CsvSinkPlan } from '../base/plan.js';
import { FileSink } from './file-sink.js';
import { needed } from './needed.js';
import type { Sink, SinkRecord } from './sink.js';

/** The box is in pixels of the source's frame. `result`: as JSON, where it is no list of things. */
const COLUMNS = ['id', 'time', 'stream', 'algo', 'position', 'frame', 'count', 'number', 'label', 'score', 'xmin', 'ymin', 'xmax', 'ymax', 'trackId', 'result'] as const;

type Row = Partial<Record<(typeof COLUMNS)[number], string | number>>;

/** A row for each thing that a run has found, numbered; one for a run that has found nothing, or whose result is no list. */
export async function csvSink({ path }: CsvSinkPlan): Promise<Sink> {
  const { stringify: write } = await needed('csv-stringify', () => import('csv-stringify/sync'));
  const text = (rows: readonly Row[]): string => write([...rows], { columns: [...COLUMNS], escape_formulas: true });
  return new FileSink({ path, head: `${COLUMNS.join(',')}\n`, text: (records) => text(records.flatMap(rowsOf)) });
}

function rowsOf({ id, time, stream, algo, position, frame, result }: SinkRecord): Row[] {
  const run = { id, time, stream: plain(stream), algo: plain(algo), position, frame: frame.index };
  if (!Array.isArray(result)) return [{ ...run, result: plain(JSON.stringify(result)) }];
  if (result.length === 0) return [{ ...run, count: 0 }];
  return result.map((thing, i) => ({ ...run, count: result.length, number: i + 1, ...cellsOf(thing) }));
}

function cellsOf(thing: unknown): Row {
  if (typeof thing !== 'object' || thing === null) return { result: plain(JSON.stringify(thing)) };
  const { label, score, box, trackId } = thing as { label?: unknown; score?: unknown; box?: unknown; trackId?: unknown };
  const { xmin, ymin, xmax, ymax } = (box ?? {}) as Record<string, unknown>;
  const numbers = { score, xmin, ymin, xmax, ymax, trackId };
  return {
    ...(typeof label === 'string' && { label: plain(label) }),
    ...Object.fromEntries(Object.entries(numbers).filter(([, value]) => typeof value === 'number')),
    ...(label === undefined && { result: plain(JSON.stringify(thing)) }),
  };
}

/** On one line: a row that a crash has cut off is found by its end. */
function plain(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ');
}
