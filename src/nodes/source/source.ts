import { systemClock } from '../../runtime/index.js';
import { coordinatorOf } from '../shared/coordinators.js';
import { onInput } from '../shared/input.js';
import { StreamBadges } from '../shared/left-out.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red } from '../shared/red.js';
import { AttachedNode, ofWholeStream } from '../shared/stream-node.js';
import { sourceConfig } from './source.config.js';
import { sourcePart } from './source.plan.js';
import { sourceRequest } from './source.request.js';
import { serveSourceTests } from './test-route.js';

/** stream-source: what is played. Obeys locations and actions. */
export default function register(red: Red): void {
  serveSourceTests(red);
  coordinatorOf(red).makers.add('source', sourceConfig, sourcePart);
  red.nodes.registerType(
    'stream-source',
    function (saved) {
      red.nodes.createNode(this, saved);
      const badges = new StreamBadges(systemClock);
      const attached = new AttachedNode(red, this, {
        part: () => sourcePart(migrateConfig(sourceConfig, saved), this.credentials ?? {}),
        badge: (event) => badges.after(event),
        owns: ofWholeStream,
      });
      onInput(this, async ({ payload }) => {
        await attached.coordinator.request(this.id, sourceRequest(payload));
      });
    },
    { credentials: { username: { type: 'text' }, password: { type: 'password' } } },
  );
}
