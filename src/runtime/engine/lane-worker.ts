/** Entry of a lane worker: the thread that holds one algo, an ONNX session or a user's code, and runs it. */
import { parentPort, workerData } from 'node:worker_threads';

import { type AlgoDeath, openAlgo, type OpenAlgoContext, type OpenedAlgo } from '../algo/index.js';
import { runsAtOnce, systemClock, toWire } from '../base/index.js';
import { setThreadNice } from '../work/index.js';
import { algoPart } from './blame.js';
import { FlowQuestions } from './flow-questions.js';
import { LaneServer } from './lane-server.js';
import type { LaneCommand, LaneMessage, LaneWorkerData } from './messages.js';
import { WorkMark } from './work-marks.js';

if (parentPort === null) throw new Error('a lane worker runs in a thread');
const port = parentPort;
const { plan, streamName, media, nice } = workerData as LaneWorkerData;
if (nice !== undefined) setThreadNice(nice);
const post = (message: LaneMessage, transfer: ArrayBuffer[] = []): void => { port.postMessage(message, transfer); };

/** Milliseconds between two messages of a download: pieces come in by the thousand. */
const PROGRESS_MS = 500;

/** Set while code runs here that can take the process with it. */
const part = algoPart(plan);
const mark = part === undefined ? undefined : new WorkMark([part]);

/** Of a flow algo. */
const questions = new FlowQuestions({
  name: plan.name,
  onAsk: (question) => { post({ type: 'ask', question }, question.images.map(({ data }) => data.buffer)); },
  onOver: (requestId) => { post({ type: 'ask-over', requestId }); },
});

function progressTeller(): NonNullable<OpenAlgoContext['onProgress']> {
  let toldAt = -Infinity;
  return ({ receivedBytes, totalBytes }) => {
    const now = systemClock.now();
    if (receivedBytes < totalBytes && now - toldAt < PROGRESS_MS) return;
    toldAt = now;
    post({ type: 'progress', receivedBytes, totalBytes });
  };
}

function marked<T>(task: () => Promise<T>): Promise<T> {
  return mark === undefined ? task() : mark.during(task);
}

/** The algo, whose runs are marked. */
function withMark(algo: OpenedAlgo): OpenedAlgo {
  const { batch } = algo;
  return {
    needs: algo.needs,
    description: algo.description,
    run: (frames, signal, onInferred) => marked(() => algo.run(frames, signal, onInferred)),
    batch: batch && { ...batch, run: (windows, signal, onInferred) => marked(() => batch.run(windows, signal, onInferred)) },
    close: () => marked(() => algo.close()),
    ...(algo.keepsFrames !== undefined && { keepsFrames: algo.keepsFrames }),
    ...(algo.died && { died: algo.died }),
    ...(algo.set && { set: (changes) => { algo.set?.(changes); } }),
    ...(algo.warning !== undefined && { warning: algo.warning }),
  };
}

async function main(): Promise<void> {
  try {
    const algo = withMark(await marked(() => openAlgo(plan, {
      stream: streamName, media, ask: questions.ask, onProgress: progressTeller(),
      onWarning: (message) => { post({ type: 'warning', message }); },
      onState: (state) => { post({ type: 'state', state }); },
    })));
    const server = new LaneServer(algo, { name: plan.name, timeout: plan.timeout, runsAtOnce: runsAtOnce(plan) });
    port.on('message', (command: LaneCommand) => { obey(command, algo, server); });
    const batch = algo.batch && { sizes: algo.batch.sizes, exact: algo.batch.exact };
    void algo.died?.then((death) => end(death, server));
    post({ type: 'ready', needs: algo.needs, description: algo.description, batch, ...(algo.warning !== undefined && { warning: algo.warning }) });
  } catch (error) {
    post({ type: 'failed', error: toWire(error, 'ALGO_OPEN_FAILED') });
    port.close();
  }
}

/** The algo has died by itself: its runs have failed, and so has the lane. */
async function end({ error, isTold }: AlgoDeath, server: LaneServer): Promise<void> {
  post({ type: 'dead', error: toWire(error), isTold });
  await server.close().catch(() => undefined);
  port.close();
}

function obey(command: LaneCommand, algo: OpenedAlgo, server: LaneServer): void {
  switch (command.type) {
    case 'attach': { server.attach(command.port, command.priority); break; }
    case 'set': { algo.set?.(command.options); break; }
    case 'answer': { questions.answer(command.answer); break; }
    case 'close': {
      server.close()
        .catch((error: unknown) => { post({ type: 'warning', message: `${plan.name}: close failed: ${toWire(error).message}` }); })
        .finally(() => { port.close(); });
      break;
    }
  }
}

void main();
