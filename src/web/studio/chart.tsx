import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';

import type { Columns } from './timeline.js';

/** Told apart also by those who see no red or green. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'] as const;
const HEIGHT = 190;

type ChartProps = {
  readonly title: string;
  readonly names: readonly string[];
  readonly columns: Columns;
  /** What is seen, for those who do not see it. */
  readonly summary: string;
};

/** Values over the time of the stream. */
export function Chart({ title, names, columns, summary }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const series = names.join('\n');
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const made = new uPlot(optionsOf({ title, names: series.split('\n'), width: element.clientWidth, colour: getComputedStyle(element).color }), [[]], element);
    plot.current = made;
    const observer = new ResizeObserver(() => { made.setSize({ width: element.clientWidth, height: HEIGHT }); });
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [title, series]);
  useEffect(() => { plot.current?.setData(columns as unknown as uPlot.AlignedData); }, [columns, series]);
  return (
    <figure class="st-chart" aria-label={`${title}: ${summary}`}>
      <div ref={place} aria-hidden="true" />
      <figcaption>{summary}</figcaption>
    </figure>
  );
}

function optionsOf({ title, names, width, colour }: { readonly title: string; readonly names: readonly string[]; readonly width: number; readonly colour: string }): uPlot.Options {
  const axis = { stroke: colour, grid: { stroke: '#8884', width: 1 }, ticks: { stroke: '#8884', width: 1 } };
  return {
    title, width, height: HEIGHT,
    scales: { x: { time: false } },
    axes: [{ ...axis, values: (_plot, values) => values.map((value) => `${value} s`) }, axis],
    series: [
      { label: 's' },
      ...names.map((label, i) => ({ label, stroke: COLOURS[i % COLOURS.length] as string, width: 1.5, spanGaps: true, points: { size: 4 } })),
    ],
  };
}
