import { readFileSync } from 'node:fs';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';

import { DemoFailure } from './failure.mjs';
import { outputs } from './files.mjs';

const LOOK_MS = 200;
/** Without any news for so long, the run counts as stuck. */
const SILENCE_MS = 120_000;

/**
 * Follows the flow's run by the files that it writes, to its end: `{ totals, results, recorded }`, the results as they
 * were written, one of each run. Resolves early when `signal` is aborted. Throws `DemoFailure` with the reason of a run that failed.
 */
export async function followRun({ nodeRed, signal, say }) {
  let over;
  nodeRed.ended.then((code) => { over = code; });
  say('Playing the flow …');
  let known = -1;
  for (let silence = 0; !signal.aborted; silence += LOOK_MS) {
    const events = readLines(outputs.events);
    const results = readLines(outputs.results);
    const run = stateOf(events, results);
    if (run.failure !== undefined) throw new DemoFailure(`${run.failure.message} (${run.failure.code})`);
    if (run.isComplete) return run;
    if (over !== undefined) throw new DemoFailure(`Node-RED ended with ${over}:\n${nodeRed.lastLines()}`);
    if (events.length + results.length !== known) silence = 0;
    known = events.length + results.length;
    if (silence > SILENCE_MS) throw new DemoFailure(`no news for ${SILENCE_MS / 1000} s; see ${outputs.log}`);
    showProgress(events);
    await wait(LOOK_MS);
  }
  return undefined;
}

/** The lines of a file that is being written; the last one may be there in part. */
function readLines(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return [];
  }
  return text.slice(0, text.lastIndexOf('\n') + 1).split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

/** Events and results go to different files: the run is complete when both are. */
function stateOf(events, results) {
  const error = events.find(({ event }) => event === 'error');
  const totals = events.find(({ event }) => event === 'ended');
  const recorded = events.find(({ event, state }) => event === 'recording' && state === 'finished');
  const failure = error ?? totals?.error;
  const runs = Object.values(totals?.algos ?? {}).reduce((sum, algo) => sum + algo.runs, 0);
  return { failure, totals, results, recorded, isComplete: totals !== undefined && recorded !== undefined && results.length >= runs };
}

/** One line that is written over, where somebody watches. */
function showProgress(events) {
  if (!process.stdout.isTTY) return;
  const progress = events.findLast(({ event }) => event === 'progress');
  if (progress?.percent !== undefined) process.stdout.write(`\r${progress.percent.toFixed(0).padStart(3)} %\r`);
}
