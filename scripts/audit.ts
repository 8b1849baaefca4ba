// `npm run audit`: known holes of high and critical severity in what users get. Exit code 0: none but those accepted below, 1: some,
// 2: nobody knows, because the registry did not answer.
import { spawnSync } from 'node:child_process';

import { ROOT } from './dependencies.js';

type Advisory = { readonly name: string; readonly severity: string; readonly title: string; readonly url: string };
type Report = { readonly message?: string; readonly auditReportVersion?: number; readonly vulnerabilities?: Readonly<Record<string, { readonly via: readonly (Advisory | string)[] }>> };

/** Advisories that do not concern us, by the last part of their address, and why. A test holds the reason. */
const ACCEPTED: Readonly<Record<string, string>> = {
  'GHSA-2p57-rm9w-gvfp': 'ip, through node-av and werift (WebRTC): there is no mended version, and we load no part of node-av that loads werift',
};

const ended = spawnSync('npm', ['audit', '--omit=dev', '--audit-level=high', '--package-lock-only', '--json'], { cwd: ROOT, encoding: 'utf8', maxBuffer: 64e6, shell: process.platform === 'win32' });
process.exitCode = told(reportOf(ended.stdout));

function reportOf(text: string): Report {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return { message: text.trim() || 'npm audit printed nothing' };
  }
}

function told(report: Report): number {
  if (report.auditReportVersion === undefined || report.vulnerabilities === undefined) {
    process.stderr.write(`audit: NOT DONE, nothing is known: the registry did not answer (${report.message ?? 'no report'})\n`);
    return 2;
  }
  const grave = new Map<string, Advisory>();
  for (const advisory of Object.values(report.vulnerabilities).flatMap(({ via }) => via)) {
    if (typeof advisory !== 'string' && ['high', 'critical'].includes(advisory.severity)) grave.set(advisory.url, advisory);
  }
  let open = 0;
  for (const { name, severity, title, url } of grave.values()) {
    const reason = ACCEPTED[url.slice(url.lastIndexOf('/') + 1)];
    if (reason === undefined) open += 1;
    process.stdout.write(`audit: ${name}, ${severity}: ${title} (${url})${reason === undefined ? '' : `; accepted: ${reason}`}\n`);
  }
  process.stdout.write(`audit: ${open} of high severity or above, ${grave.size - open} accepted\n`);
  return open === 0 ? 0 : 1;
}
