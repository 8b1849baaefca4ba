/** Entry of an engine process: a `LocalEngine` that is told what to do over the process's channel. */
import { existsSync, readdirSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

import { type StreamStats, toWire } from '../base/index.js';
import { LocalEngine } from './engine.js';
import type { ClientMessage, EngineMessage } from './messages.js';

const LINUX_THREADS = '/proc/self/task';

lowerPriority();

const threads = Number(process.env['STREAM_INFER_THREADS'] ?? 0);

function post(message: EngineMessage): void {
  // a channel that is gone is told by 'disconnect'
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
}

const engine = new LocalEngine({ threads }, {
  onResult: (result) => { post({ type: 'result', result }); },
  onEvent: (event) => { post({ type: 'event', event }); },
  onFlowRequest: (request) => { post({ type: 'flow-request', request }); },
  onFlowOver: (requestId) => { post({ type: 'flow-over', requestId }); },
});

async function obey(message: Exclude<ClientMessage, { type: 'ping' | 'answer' }>): Promise<{ readonly stats?: StreamStats }> {
  switch (message.type) {
    case 'start': { await engine.start(message.plan, message.epoch); break; }
    case 'stop': { await engine.stop(message.streamId); break; }
    case 'command': { await engine.command(message.streamId, message.command); break; }
    case 'stats': return { stats: await engine.stats(message.streamId) };
    case 'close': { await engine.close(); break; }
  }
  return {};
}

/** Where the cores do not suffice, Node-RED and what it serves come first. Threads inherit this from the one that starts them. */
function lowerPriority(): void {
  // Linux keeps one for each thread, and V8 has started some
  const threads = existsSync(LINUX_THREADS) ? readdirSync(LINUX_THREADS).map(Number) : [process.pid];
  for (const thread of threads) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
}

/** Ends this process. An ordinary exit waits for native calls and aborts in them; this does not. */
function leave(): void {
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
