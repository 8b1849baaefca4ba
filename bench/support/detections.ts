import { type AlgoResult, type Detection, openEngine, resolveStreamPlan, type StreamPlanInput, type StreamTotals } from '../../dist/runtime/index.js';

/** From which overlap on two boxes of a label are the same thing. */
const SAME_IOU = 0.5;

export type Played = { readonly results: readonly AlgoResult[]; readonly totals: StreamTotals };

/** Plays a file with algos, every frame that they want, in this process. */
export async function playOffline(plan: Pick<StreamPlanInput, 'source' | 'algos'>): Promise<Played> {
  const results: AlgoResult[] = [];
  let tellEnd: (totals: StreamTotals) => void = () => undefined;
  const ended = new Promise<StreamTotals>((resolve) => { tellEnd = resolve; });
  const engine = await openEngine({}, {
    onResult: (result) => { results.push(result); },
    onEvent: (event) => {
      if (event.event === 'error') process.stderr.write(`${event.error.message}\n`);
      if (event.event === 'ended') tellEnd(event.totals);
    },
    onEngine: () => undefined,
  });
  await engine.start(resolveStreamPlan({ id: 's', name: 's', mode: 'offline', ...plan }));
  const totals = await ended;
  await engine.close();
  return { results, totals };
}

/** Those of `things` that have no counterpart among `known`. */
export function missingFrom(known: readonly Detection[], things: readonly Detection[]): Detection[] {
  return things.filter((thing) => !known.some((other) => other.label === thing.label && iouOf(other.box, thing.box) >= SAME_IOU));
}

function iouOf(a: Detection['box'], b: Detection['box']): number {
  const shared = Math.max(0, Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin)) * Math.max(0, Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin));
  const area = ({ xmin, xmax, ymin, ymax }: Detection['box']): number => (xmax - xmin) * (ymax - ymin);
  return shared / (area(a) + area(b) - shared);
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`;
}
