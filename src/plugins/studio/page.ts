import { readFile } from 'node:fs/promises';
import path from 'node:path';

import type { Red, RedResponse } from '../../nodes/shared/red.js';

/** The page's files, made by the build, and what they are. */
const FILES: ReadonlyMap<string, string> = new Map([['index.html', 'text/html'], ['studio.js', 'text/javascript'], ['studio.css', 'text/css']]);
/** The page brings all it needs, and talks to its own server only. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/** Serves the studio's page, in which nothing is secret: what it asks for needs permission. */
export function servePage(red: Red): void {
  red.httpAdmin.get('/stream-infer/studio', ({ originalUrl }, response) => {
    const [place = '', query] = originalUrl.split('?', 2);
    // its files are relative to it
    if (place.endsWith('/')) send(response, 'index.html');
    else response.redirect(`studio/${query === undefined ? '' : `?${query}`}`);
  });
  red.httpAdmin.get('/stream-infer/studio/page/:file', ({ params }, response) => { send(response, params['file'] ?? ''); });
}

function send(response: RedResponse, file: string): void {
  const type = FILES.get(file);
  if (type === undefined) {
    response.status(404).end();
    return;
  }
  readFile(path.join(__dirname, 'page', file)).then(
    (bytes) => response.set('Content-Security-Policy', POLICY).set('X-Content-Type-Options', 'nosniff').set('Cache-Control', 'no-cache').type(`${type}; charset=utf-8`).send(bytes),
    () => response.status(404).end(),
  );
}
