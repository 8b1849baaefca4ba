import { statSync } from 'node:fs';
import { relative } from 'node:path';
import process from 'node:process';

import { outputs } from './files.mjs';

/** What a run found and left behind, in words. */
export function summary({ totals, results, recorded }) {
  const { frames, algos, seconds } = totals;
  const runs = Object.values(algos).reduce((sum, algo) => sum + algo.runs, 0);
  return `
The run ended well: ${frames.delivered} frames and ${runs} runs of the model in ${seconds.toFixed(1)} s.

Found             in runs   best score
${labelRows(results).join('\n') || '(nothing)'}

Written
  ${pathAndSize(outputs.results)}: what was found, one JSON object a line
  ${pathAndSize(recorded.path)}: the video with boxes, labels and scores (${recorded.frames} frames)

What next
  npm run demo                   the same flow in Node-RED's editor, to look at and to change
  Import > Examples in the menu  a flow for each use; type your own file or camera into its source
  npx stream-infer --help        the same without Node-RED`;
}

/** One row a label, what was found most often first. */
function labelRows(results) {
  const labels = new Map();
  for (const { result } of results) {
    for (const label of new Set(result.map((detection) => detection.label))) {
      const best = Math.max(...result.filter((detection) => detection.label === label).map(({ score }) => score));
      const row = labels.get(label) ?? { runs: 0, best: 0 };
      labels.set(label, { runs: row.runs + 1, best: Math.max(row.best, best) });
    }
  }
  return [...labels]
    .sort(([, a], [, b]) => b.runs - a.runs)
    .map(([label, { runs, best }]) => `  ${label.padEnd(16)}${String(runs).padStart(6)}   ${best.toFixed(2).padStart(9)}`);
}

function pathAndSize(path) {
  return `${relative(process.cwd(), path)} (${(statSync(path).size / 1e6).toFixed(2)} MB)`;
}
