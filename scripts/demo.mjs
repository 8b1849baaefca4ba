// Starts Node-RED with a flow that finds a person in a real video, writes down what it finds, and records the video with
// it drawn in. Needs nothing but this clone: video and model come with the development dependencies.
//   --headless  no editor: plays the flow once, prints a summary, ends (0: the run ended well, 1: it failed, and why)
//   --no-open   does not open a browser
//   --fresh     forgets changes that were made to the demo flow in the editor
import process from 'node:process';
import { parseArgs } from 'node:util';

import { openBrowser } from './demo/browser.mjs';
import { flowFile, makeUserDir, outputs } from './demo/files.mjs';
import { DemoFailure } from './demo/failure.mjs';
import { startNodeRed } from './demo/node-red.mjs';
import { prepare } from './demo/prepare.mjs';
import { followRun } from './demo/run.mjs';
import { summary } from './demo/summary.mjs';

/* global AbortController */
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => { stop.abort(signal); });

try {
  process.exitCode = await main(readArguments());
} catch (error) {
  if (!(error instanceof DemoFailure)) throw error;
  say(`\nThe demo failed: ${error.message}`);
  process.exitCode = 1;
}

function readArguments() {
  try {
    const options = { headless: { type: 'boolean' }, 'no-open': { type: 'boolean' }, fresh: { type: 'boolean' } };
    return parseArgs({ options }).values;
  } catch (error) {
    throw new DemoFailure(`${error.message}. What there is: --headless, --no-open, --fresh`);
  }
}

async function main({ headless = false, 'no-open': noOpen = false, fresh = false }) {
  prepare(say);
  makeUserDir({ headless, fresh });
  say('Starting Node-RED …');
  const nodeRed = await startNodeRed({ headless, signal: stop.signal });
  try {
    return headless ? await playOnce(nodeRed) : await serve(nodeRed, noOpen);
  } finally {
    await nodeRed.stop();
  }
}

/** Resolves to the exit code when the flow's run has ended. */
async function playOnce(nodeRed) {
  const run = await followRun({ nodeRed, signal: stop.signal, say });
  if (stop.signal.aborted) {
    say('Interrupted.');
    return 130;
  }
  say(summary(run));
  return 0;
}

/** Resolves to the exit code when somebody ends it. */
async function serve(nodeRed, noOpen) {
  say(`
The editor:        ${nodeRed.url}
The demo flow:     ${flowFile(false)}
What it writes:    ${outputs.results}
                   ${outputs.video}
Log of Node-RED:   ${outputs.log}

The flow is playing already; click the button of "play it again" to have it once more. Ctrl-C ends the demo.`);
  if (!noOpen) openBrowser(nodeRed.url);
  const code = await nodeRed.ended;
  if (stop.signal.aborted) return 0;
  throw new DemoFailure(`Node-RED ended with ${code}:\n${nodeRed.lastLines()}`);
}

function say(text) {
  process.stdout.write(`${text}\n`);
}
