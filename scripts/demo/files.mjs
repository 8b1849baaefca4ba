import { copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The clone. */
export const root = resolve(import.meta.dirname, '../..');

/** Node-RED's user directory. */
export const userDir = join(root, '.demo');

/** What a run leaves behind. */
export const outputs = {
  results: join(userDir, 'results.jsonl'),
  events: join(userDir, 'events.jsonl'),
  video: join(userDir, 'annotated.mp4'),
  log: join(userDir, 'node-red.log'),
};

/** The headless run has a flow of its own: what a person changed in the editor is theirs. */
export function flowFile(headless) {
  return join(userDir, headless ? 'flows-headless.json' : 'flows.json');
}

/** Makes the user directory with settings, the demo flow and this package in it, without the outputs of an earlier run. */
export function makeUserDir({ headless, fresh }) {
  const scope = join(userDir, 'node_modules/@stream-infer');
  mkdirSync(scope, { recursive: true });
  for (const file of Object.values(outputs)) rmSync(file, { force: true });
  const link = join(scope, 'node-red');
  rmSync(link, { recursive: true, force: true });
  symlinkSync(root, link, 'junction');
  writeFileSync(settingsFile(headless), `module.exports = ${JSON.stringify(settings(headless), null, 2)};\n`);
  if (headless || fresh || !existsSync(flowFile(false))) copyFileSync(join(import.meta.dirname, 'flow.json'), flowFile(headless));
}

/** Node-RED's settings. */
export function settingsFile(headless) {
  return join(userDir, headless ? 'settings-headless.js' : 'settings.js');
}

function settings(headless) {
  return {
    uiHost: '127.0.0.1',
    flowFile: headless ? 'flows-headless.json' : 'flows.json',
    // Of the demo alone, which holds no secrets.
    credentialSecret: 'demo',
    fileWorkingDirectory: userDir,
    disableEditor: headless,
    telemetry: { enabled: false, updateNotification: false },
    editorTheme: { tours: false, projects: { enabled: false } },
  };
}
