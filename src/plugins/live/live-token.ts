import { createHash, timingSafeEqual } from 'node:crypto';

import type { Coordinator } from '../../nodes/shared/coordinator.js';
import type { RedRequest } from '../../nodes/shared/red.js';

/** Of the engine as it is deployed now; undefined where it shows nothing. */
export function liveTokenOf(coordinator: Coordinator, engineId: string): string | undefined {
  try {
    return coordinator.engineSettings(engineId).liveToken;
  } catch {
    // the engine is gone, or its settings are wrong
    return undefined;
  }
}

/** Whether who asks knows the token of that engine. */
export function isTokenOf(coordinator: Coordinator, engineId: string, request: RedRequest): boolean {
  const [expected, given] = [liveTokenOf(coordinator, engineId), tokenIn(request)];
  return expected !== undefined && given !== undefined && isSame(given, expected);
}

export function tokenIn({ query, headers }: RedRequest): string | undefined {
  const [, bearer] = /^Bearer (.+)$/i.exec(String(headers['authorization'] ?? '')) ?? [];
  return bearer ?? (typeof query['token'] === 'string' ? query['token'] : undefined);
}

/** Takes as long for a token that is nearly right. */
export function isSame(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
