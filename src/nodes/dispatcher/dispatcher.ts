import { ResultStore, type ResultQuery, systemClock as clock } from '../../runtime/index.js';
import { streamBadge } from '../shared/badge.js';
import { onInput } from '../shared/input.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red, RedMessage, RedNodeConfig, RedSend } from '../shared/red.js';
import { AttachedNode } from '../shared/stream-node.js';
import { dispatcherConfig } from './dispatcher.config.js';
import { lifecycleMessage } from './lifecycle.js';
import { dispatcherPart, keptResults, sinkIds } from './dispatcher.plan.js';
import { answerOf, resultOf } from './result-message.js';
import { SinkOutlets } from './sink-outlets.js';

/** stream-dispatcher: collects results, hands them on, keeps the last ones, and tells how its streams fare. */
export default function register(red: Red): void {
  red.nodes.registerType('stream-dispatcher', function (saved) {
    red.nodes.createNode(this, saved);
    const counts = new Map<string, number>();
    let store: ResultStore | undefined;
    const attached = new AttachedNode(red, this, {
      part: () => dispatcherPart(migrateConfig(dispatcherConfig, saved)),
      badge: streamBadge,
      owns: () => false,
      onEvent: (event, stream) => {
        if (event.event === 'started') counts.delete(stream.id);
        const message = lifecycleMessage(event, stream);
        // Node-RED hands messages on in its next turn: the results before this event are on their way here from their algos.
        if (message !== undefined) setImmediate(() => { this.send([null, message]); });
      },
    });
    const outlets = new SinkOutlets(red, { node: this, ids: idsOf(saved), badge: attached.badge, clock });
    this.on('close', (_removed, done) => {
      outlets.close();
      done();
    });
    onInput(this, (message, send) => {
      store ??= new ResultStore({ keep: keptResults(migrateConfig(dispatcherConfig, saved)) });
      if (isQuery(message['payload'])) {
        answer(store, message, send);
        return;
      }
      const result = resultOf(message);
      store.add(result);
      outlets.push(result);
      const count = (counts.get(result.streamId) ?? 0) + 1;
      counts.set(result.streamId, count);
      attached.badge.set(result.streamId, { look: 'working', text: 'kept', values: { count } });
      send([message, null]);
    });
  });
}

/** None of a config that cannot be read: that is told as the node's part of its streams. */
function idsOf(saved: RedNodeConfig): readonly string[] {
  try {
    return sinkIds(migrateConfig(dispatcherConfig, saved));
  } catch {
    return [];
  }
}

/** The question stays in the answer, so that who asked knows it again. */
function answer(store: ResultStore, message: RedMessage, send: RedSend): void {
  const query = message['payload'] as ResultQuery;
  const results = store.query(query).map(answerOf);
  send([{ ...message, query, payload: results }, null]);
}

function isQuery(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'query' in payload;
}
