import type { SinkState } from '../../sinks/index.js';
import type { SinkOutcome } from '../job-sinks.js';
import type { RunLog } from './run-log.js';

/** Tells when a sink begins to fail, when it goes on, and what it refuses: once for each reason. */
export function sinkTeller(log: RunLog): (name: string, state: SinkState) => void {
  const told = new Map<string, string>();
  return (name, { state, error, refusal, waiting }) => {
    const trouble = (state === 'failing' ? error : refusal)?.message;
    const before = told.get(name);
    if (trouble === before) return;
    if (trouble === undefined) told.delete(name);
    else told.set(name, trouble);
    if (trouble !== undefined) log.say('warning', state === 'failing' ? `${trouble}; ${waiting} results wait, it is tried again` : trouble);
    else if (before !== undefined) log.say('info', `${name}: goes on`);
  };
}

/** Tells what was not sent at the end. True: all was. */
export function tellSinks(log: RunLog, sinks: readonly SinkOutcome[]): boolean {
  for (const { name, state } of sinks) {
    const { sent, waiting, refused, lost } = state;
    const missing = [waiting > 0 && `${waiting} were not sent in time (with a spool the next run sends them)`, refused > 0 && `${refused} were refused`, lost > 0 && `${lost} were lost: too many waited`].filter(Boolean);
    if (missing.length > 0) log.say('error', `${name}: of ${sent + waiting + refused + lost} results ${missing.join(', ')}`);
    else log.say('debug', `${name}: ${sent} results sent`);
  }
  return sinks.every(({ state: { waiting, refused, lost } }) => waiting + refused + lost === 0);
}
