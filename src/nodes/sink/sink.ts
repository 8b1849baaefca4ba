import { coordinatorOf } from '../shared/coordinators.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red } from '../shared/red.js';
import { addSink, SharedSink } from '../shared/sinks.js';
import { sinkConfig } from './sink.config.js';
import { sinkPlan } from './sink.plan.js';

/** stream-sink: where dispatchers send their results. */
export default function register(red: Red): void {
  const { folder } = coordinatorOf(red);

  red.nodes.registerType('stream-sink', function (saved) {
    red.nodes.createNode(this, saved);
    addSink(this, new SharedSink(this.name ?? '', () => sinkPlan(migrateConfig(sinkConfig, saved), { folder, id: this.id, credentials: this.credentials ?? {} })));
  }, { credentials: { username: { type: 'text' }, password: { type: 'password' }, token: { type: 'password' } } });
}
