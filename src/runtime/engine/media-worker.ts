/** Entry of a media worker: the thread that reads, decodes, converts and records one stream. */
import { parentPort, workerData } from 'node:worker_threads';

import { asStreamInferError, NO_TOTALS, systemClock, toWire } from '../base/index.js';
import { openBackend } from '../media/index.js';
import { StreamRunner } from './media/stream-runner.js';
import type { MediaCommand, MediaMessage, MediaWorkerData } from './messages.js';

if (parentPort === null) throw new Error('a media worker runs in a thread');
const port = parentPort;
const data = workerData as MediaWorkerData;
const post = (message: MediaMessage): void => { port.postMessage(message); };

/** Commands that came before the backend was loaded. */
const early: MediaCommand[] = [];
let runner: StreamRunner | undefined;

port.on('message', (command: MediaCommand) => {
  if (runner === undefined) early.push(command);
  else obey(runner, command);
});

function obey(to: StreamRunner, command: MediaCommand): void {
  switch (command.type) {
    case 'lanes': { to.attachLanes(command.lanes); break; }
    case 'process-port': { to.attachHook(command.port); break; }
    case 'stop': { to.stop(); break; }
    case 'stats': { post({ type: 'reply', id: command.id, stats: to.stats() }); break; }
    case 'fail': { to.fail(command.error, command.algoId); break; }
    case 'command': {
      to.command(command.command).then(
        () => { post({ type: 'reply', id: command.id }); },
        (error: unknown) => { post({ type: 'reply', id: command.id, error: toWire(error) }); },
      );
      break;
    }
  }
}

async function main(): Promise<void> {
  const { plan, threads, epoch } = data;
  try {
    const { backend, fallbackReason } = await openBackend(plan.producer);
    if (fallbackReason !== undefined) {
      const message = `the ffmpeg program does what libav cannot do here (${fallbackReason})`;
      post({ type: 'event', event: { event: 'warning', streamId: plan.id, message } });
    }
    runner = new StreamRunner({ plan, backend, threads, epoch, clock: systemClock, post });
    for (const command of early) obey(runner, command);
    await runner.run();
  } catch (thrown) {
    const error = toWire(asStreamInferError(thrown));
    post({ type: 'event', event: { event: 'error', streamId: plan.id, error, fatal: true } });
    post({ type: 'event', event: { event: 'ended', streamId: plan.id, reason: 'failed', totals: NO_TOTALS, error } });
  }
  port.close();
}

void main();
