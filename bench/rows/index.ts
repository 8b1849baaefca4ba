import type { Row } from '../support/row.js';
import { eventLoop, latency } from './node-red.js';
import { everyFrame, lateStart, oneASecond, oneInThirty } from './offline.js';
import { realtimeLarge, realtimeSmall } from './realtime.js';
import { recorded } from './recorded.js';
import { streams } from './streams.js';
import { yolox } from './yolox.js';

/** All rows, in the order they are measured. */
export const ROWS: readonly Row[] = [
  everyFrame, oneASecond, oneInThirty, lateStart, yolox, recorded, realtimeSmall, realtimeLarge, streams, latency, eventLoop,
];
