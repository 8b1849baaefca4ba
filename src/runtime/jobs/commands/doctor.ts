import { fork } from 'node:child_process';
import { join } from 'node:path';

import { makeDeferred, systemClock } from '../../base/index.js';
import { type Check, CHECKS } from './doctor-checks.js';
import type { CheckReply, CheckRequest } from './doctor-messages.js';
import { EXIT, readArguments } from './exit.js';

/** Milliseconds that a check may take. */
const CHECK_MS = 30_000;

/** A row of the table. */
type Finding = { readonly name: string; readonly works: boolean; readonly detail: string; readonly advice?: string };

/**
 * `stream-infer doctor [--json]`: what this machine can do. Exit code 1 where it can decode nothing, encode nothing or
 * run no model.
 */
export async function doctor(args: readonly string[]): Promise<number> {
  const { values } = readArguments({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const findings = [checkNode(), describePlatform(), ...(await Promise.all(CHECKS.map(findOut)))];
  const lacks = whatLacks(findings);
  const text = values.json ? JSON.stringify({ findings, lacks }, null, 2) : table(findings, lacks);
  process.stdout.write(`${text}\n`);
  return lacks.length === 0 ? EXIT.done : EXIT.other;
}

function checkNode(): Finding {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const works = major > 20 || (major === 20 && minor >= 19);
  return { name: 'Node.js', works, detail: process.versions.node, ...(!works && { advice: 'install Node.js 20.19 or newer' }) };
}

function describePlatform(): Finding {
  const detail = [process.platform, process.arch, ...(process.platform === 'linux' ? [libc()] : [])].join(' ');
  return { name: 'platform', works: true, detail };
}

function libc(): string {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined ? 'musl' : `glibc ${header.glibcVersionRuntime}`;
}

/** What a check says, in a process of its own. */
async function findOut({ name, advice }: Check): Promise<Finding> {
  const reply = await ask(name);
  return { name, ...reply, ...(!reply.works && advice !== undefined && { advice }) };
}

async function ask(check: string): Promise<CheckReply> {
  const replied = makeDeferred<CheckReply>();
  // native code talks on standard error; what counts of it comes back as the error's message
  const child = fork(join(__dirname, 'doctor-child.js'), [], { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.on('message', (reply) => { replied.resolve(reply as CheckReply); });
  child.on('error', replied.reject);
  child.on('exit', (code, signal) => { replied.resolve({ works: false, detail: `the process that tried it ended: ${signal ?? `exit code ${String(code)}`}` }); });
  child.send({ check } satisfies CheckRequest, () => undefined);
  const over = new AbortController();
  systemClock.sleep(CHECK_MS, over.signal).then(
    () => { replied.resolve({ works: false, detail: `no answer within ${CHECK_MS / 1000} s` }); },
    () => undefined,
  );
  const reply = await replied.promise;
  over.abort();
  child.kill('SIGKILL');
  return reply;
}

/** What none of the checks that could give it gives. */
function whatLacks(findings: readonly Finding[]): string[] {
  const given = new Set(CHECKS.filter(({ name }) => findings.some((finding) => finding.name === name && finding.works)).map(({ gives }) => gives));
  return (['decoding', 'encoding', 'inference'] as const).filter((what) => !given.has(what));
}

function table(findings: readonly Finding[], lacks: readonly string[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const rows = findings.flatMap(({ name, works, detail, advice }) => [
    `${name.padEnd(width)}  ${works ? 'ok' : '- '}  ${detail}`,
    ...(advice === undefined ? [] : [`${' '.repeat(width)}      -> ${advice}`]),
  ]);
  const verdict = lacks.length === 0 ? 'This machine can decode, infer and record.' : `This machine lacks: ${lacks.join(', ')}.`;
  return [...rows, '', verdict].join('\n');
}
