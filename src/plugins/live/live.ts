import { systemClock as clock } from '../../runtime/index.js';
import { coordinatorOf } from '../../nodes/shared/coordinators.js';
import type { Red } from '../../nodes/shared/red.js';
import { serveMetrics } from './metrics-routes.js';
import { slowdown } from './pace.js';
import { Pictures } from './pictures.js';
import { runOf, serveLive } from './routes.js';
import { serveViewers } from './viewers.js';
import { Views } from './views.js';

/** The plugin that shows streams, in the editor and to viewers elsewhere: its server side. */
export default function register(red: Red): void {
  const coordinator = coordinatorOf(red);
  const pictures = new Pictures({ clock, slowdown, snapshot: (id, options) => runOf(coordinator, id).snapshot(options) });
  const views = new Views({ coordinator, clock, nameOf: (id) => red.nodes.getNode(id)?.name ?? '' });
  serveLive(red, { coordinator, views, pictures, clock });
  serveMetrics(red, { coordinator, views });
  serveViewers(red, { coordinator, pictures, clock });
}
