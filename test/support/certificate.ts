import { execFileSync } from 'node:child_process';

/** Settings of Node-RED with which it serves https, by a key and a certificate for 127.0.0.1 that nobody else trusts. */
export function httpsSettings(): { readonly https: { readonly key: string; readonly cert: string } } {
  const pem = execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', '-', '-out', '-',
  ], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return { https: { key: pem, cert: pem } };
}
