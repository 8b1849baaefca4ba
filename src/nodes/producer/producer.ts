import { systemClock } from '../../runtime/index.js';
import { coordinatorOf } from '../shared/coordinators.js';
import { onInput } from '../shared/input.js';
import { StreamBadges } from '../shared/left-out.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red } from '../shared/red.js';
import { AttachedNode } from '../shared/stream-node.js';
import { producerConfig } from './producer.config.js';
import { producerPart } from './producer.plan.js';

/** stream-producer: how frames are made of a source. Lets every message pass by. */
export default function register(red: Red): void {
  coordinatorOf(red).makers.add('producer', producerConfig, producerPart);
  red.nodes.registerType('stream-producer', function (saved) {
    red.nodes.createNode(this, saved);
    const badges = new StreamBadges(systemClock);
    new AttachedNode(red, this, {
      part: () => producerPart(migrateConfig(producerConfig, saved)),
      badge: (event) => badges.after(event),
      owns: () => false,
    });
    onInput(this, () => undefined);
  });
}
