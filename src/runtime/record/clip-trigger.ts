import type { AlgoResult, ClipCause, ClipTrigger } from '../base/index.js';
import { toOverlay } from './overlay.js';

/** Why this result is an event, by the rule; undefined: it is none. Counted are the things that would be drawn. */
export function clipCauseOf(rule: ClipTrigger, { algo, position, result }: Pick<AlgoResult, 'algo' | 'position' | 'result'>): ClipCause | undefined {
  const things = (toOverlay(algo, result)?.items ?? [])
    .filter(({ label, score }) => (rule.labels.length === 0 || rule.labels.includes(label)) && (score ?? 1) >= rule.minScore)
    .sort((a, b) => (b.score ?? 1) - (a.score ?? 1));
  const [best] = things;
  if (best === undefined || things.length < rule.minCount) return undefined;
  const { label, score } = best;
  return { position, by: 'result', algo, count: things.length, ...(label !== '' && { label }), ...(score !== null && { score }) };
}
