import { systemClock as clock } from '../../runtime/index.js';
import { coordinatorOf } from '../../nodes/shared/coordinators.js';
import type { Red } from '../../nodes/shared/red.js';
import { servePage } from './page.js';
import { serveStudio } from './routes.js';

/** The plugin behind the studio, a page on which streams are tried out: its server side. */
export default function register(red: Red): void {
  servePage(red);
  serveStudio(red, { coordinator: coordinatorOf(red), clock });
}
