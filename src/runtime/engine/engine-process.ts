/** Entry of an engine process: a `LocalEngine` that is told what to do over the process's channel. */
import { getPriority } from 'node:os';

import { toWire } from '../base/index.js';
import { hasThreadNice, setProcessNice } from '../work/index.js';
import { LocalEngine } from './engine.js';
import type { ClientMessage, EngineMessage, Numbered } from './messages.js';
import { processNice } from './niceness.js';
import type { Reply } from './requests.js';
import { makeMarks, removeMarks } from './work-marks.js';

// where the cores do not suffice, Node-RED and what it serves come first
const baseNice = getPriority();
setProcessNice(processNice(baseNice, hasThreadNice));
makeMarks();

const threads = Number(process.env['STREAM_INFER_THREADS'] ?? 0);

let sent = 0;

function post(message: EngineMessage): void {
  sent += 1;
  // a channel that is gone is told by 'disconnect'
  if (process.connected) process.send?.({ ...message, number: sent } satisfies Numbered, undefined, undefined, () => undefined);
}

const engine = new LocalEngine({ threads, baseNice }, {
  onResult: (result) => { post({ type: 'result', result }); },
  onEvent: (event) => { post({ type: 'event', event }); },
  onFlowRequest: (request) => { post({ type: 'flow-request', request }); },
  onFlowOver: (requestId) => { post({ type: 'flow-over', requestId }); },
});

async function obey(message: Exclude<ClientMessage, { type: 'ping' | 'answer' }>): Promise<Pick<Reply, 'totals' | 'snapshot' | 'usage'>> {
  switch (message.type) {
    case 'start': { await engine.start(message.plan, message); break; }
    case 'stop': { await engine.stop(message.streamId); break; }
    case 'command': { await engine.command(message.streamId, message.command); break; }
    case 'totals': return { totals: await engine.totals(message.streamId) };
    case 'snapshot': return { snapshot: await engine.snapshot(message.streamId, message.options) };
    case 'usage': return { usage: await engine.usage() };
    case 'close': { await engine.close(); break; }
  }
  return {};
}

/** Ends this process. An ordinary exit waits for native calls and aborts in them; this does not. */
function leave(): void {
  removeMarks();
  process.kill(process.pid, 'SIGKILL');
}

process.on('message', (message: ClientMessage) => {
  if (message.type === 'ping') {
    post({ type: 'pong', rssBytes: process.memoryUsage.rss() });
    return;
  }
  if (message.type === 'answer') {
    engine.answer(message.answer);
    return;
  }
  obey(message).then(
    (answer) => { post({ type: 'reply', id: message.id, ...answer }); },
    (error: unknown) => { post({ type: 'reply', id: message.id, error: toWire(error) }); },
  );
});
// the owner is gone: recordings are finished, then this process ends
process.on('disconnect', () => { void engine.close().finally(leave); });
// a terminal's Ctrl-C reaches the whole group; the owner decides what it means
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);

post({ type: 'ready' });
