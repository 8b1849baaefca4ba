import { listCatalogue } from '../../runtime/index.js';
import { coordinatorOf } from '../shared/coordinators.js';
import { migrateConfig } from '../shared/migrate.js';
import type { Red } from '../shared/red.js';
import { answering } from '../shared/routes.js';
import { engineConfig } from './engine.config.js';
import { engineSettings } from './engine.plan.js';
import { listModelFiles } from './model-files.js';
import { serveUploads } from './upload-route.js';

/** stream-engine: how the process that does the work is set up. Answers the editor's questions about models, and takes new ones. */
export default function register(red: Red): void {
  const coordinator = coordinatorOf(red);

  red.nodes.registerType('stream-engine', function (saved) {
    red.nodes.createNode(this, saved);
    coordinator.addEngine(this.id, () => engineSettings(migrateConfig(engineConfig, saved), { userDir: coordinator.folder, credentials: this.credentials ?? {} }));
    this.on('close', (_removed, done) => {
      coordinator.removeEngine(this.id).then(done, done);
    });
  }, { credentials: { liveToken: { type: 'password' } } });

  const mayRead = red.auth.needsPermission('stream-infer.read');
  red.httpAdmin.get('/stream-infer/catalogue', mayRead, answering(() => listCatalogue()));
  red.httpAdmin.get('/stream-infer/models', mayRead, answering(() => listModelFiles(coordinator.modelFolders())));
  serveUploads(red, coordinator);
}
