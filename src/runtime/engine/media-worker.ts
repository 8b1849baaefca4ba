/** Entry of a media worker: the thread that reads and decodes one source, and converts and records for its streams. */
import { parentPort, workerData } from 'node:worker_threads';

import { asStreamInferError, systemClock, toWire } from '../base/index.js';
import { type MediaBackend, openBackend } from '../media/index.js';
import { setThreadNice } from '../work/index.js';
import { sourcePart } from './blame.js';
import { SourceRunner } from './media/source-runner.js';
import type { StreamRunner } from './media/stream-runner.js';
import type { AddedStream, MediaCommand, MediaMessage, MediaWorkerData, StreamMediaCommand } from './messages.js';
import type { Reply } from './requests.js';
import { WorkMark } from './work-marks.js';

if (parentPort === null) throw new Error('a media worker runs in a thread');
const port = parentPort;
const data = workerData as MediaWorkerData;
/** Set until the source is open: most of what native code cannot bear shows by then. */
let opening: WorkMark | undefined = new WorkMark([sourcePart(data.plan)]);
opening.begin();

// the decoder's threads begin with what this one has
if (data.nice !== undefined) setThreadNice(data.nice);

/** What decodes here, and where that is the second choice, why the first does not. */
type Decoding = { readonly backend: MediaBackend; readonly fallbackReason?: string };

/** Commands that came before the backend was loaded. */
const early: MediaCommand[] = [];
let decoding: Decoding | undefined;
let source: SourceRunner | undefined;
/** Those that have not told their end. */
const streams = new Map<string, StreamRunner>();

port.on('message', (command: MediaCommand) => {
  if (decoding === undefined) early.push(command);
  else obey(decoding, command);
});

function post(message: MediaMessage): void {
  if (message.type === 'opened' || message.type === 'failed') {
    opening?.end();
    opening = undefined;
  }
  if (message.type === 'event' && message.event.event === 'ended') streams.delete(message.event.streamId);
  port.postMessage(message);
}

function obey(by: Decoding, command: MediaCommand): void {
  if ('streamId' in command) {
    const stream = streams.get(command.streamId);
    if (stream === undefined) refuse(command);
    else obeyFor(stream, command);
    return;
  }
  switch (command.type) {
    case 'add': { add(by, command); break; }
    case 'begin': { source?.begin(); break; }
    case 'close': { port.close(); break; }
  }
}

function add({ backend, fallbackReason }: Decoding, added: AddedStream): void {
  if (fallbackReason !== undefined) {
    const message = `the ffmpeg program does what libav cannot do here (${fallbackReason})`;
    post({ type: 'event', event: { event: 'warning', streamId: added.plan.id, message } });
  }
  // all that played it may have ended just now, unknown to who sent this
  const isFirst = source === undefined || source.isOver;
  if (source === undefined || isFirst) source = new SourceRunner({ ...data, backend, clock: systemClock, post });
  streams.set(added.plan.id, source.add(added));
  if (isFirst) void source.run();
}

function obeyFor(stream: StreamRunner, command: StreamMediaCommand): void {
  const streamId = stream.plan.id;
  switch (command.type) {
    case 'lanes': { stream.attachLanes(command.lanes); break; }
    case 'process-port': { stream.attachHook(command.port); break; }
    case 'stop': { stream.stop(); break; }
    case 'totals': { post({ type: 'reply', id: command.id, streamId, totals: stream.totals() }); break; }
    case 'snapshot': { answer(stream.snapshot(command.options).then((snapshot) => ({ snapshot })), { id: command.id, streamId }); break; }
    case 'fail': { stream.fail(command.error, command.algoId); break; }
    case 'command': {
      answer(stream.command(command.command).then(() => ({})), { id: command.id, streamId });
      break;
    }
  }
}

function answer(work: Promise<Pick<Reply, 'snapshot'>>, to: { readonly id: number; readonly streamId: string }): void {
  work.then(
    (done) => { post({ type: 'reply', ...to, ...done }); },
    (error: unknown) => { post({ type: 'reply', ...to, error: toWire(error) }); },
  );
}

/** The stream has ended: nobody uses the ports that came for it, and an open one would keep this thread. */
function refuse(command: StreamMediaCommand): void {
  if (command.type === 'lanes') for (const { port: lane } of command.lanes) lane.close();
  if (command.type === 'process-port') command.port.close();
}

async function main(): Promise<void> {
  try {
    decoding = await openBackend(data.plan.producer);
  } catch (thrown) {
    post({ type: 'failed', error: toWire(asStreamInferError(thrown)) });
    port.close();
    return;
  }
  for (const command of early) obey(decoding, command);
}

void main();
