import { z } from 'zod';

import type { FlowImage, FlowRequest } from '../../runtime/index.js';
import type { RedMessage } from '../shared/red.js';

/** What tells an answer from all other messages: plain data, which every clone keeps. */
const markSchema = z.object({ algo: z.string(), stream: z.string(), request: z.string() });

/** What came back from the flow. */
export type FlowReturn = { readonly requestId: string; readonly streamId: string } & ({ readonly result: unknown } | { readonly error: string });

/** The frames of a run as a message: Buffers, which Node-RED's clone does not take apart. */
export function framesMessage({ requestId, streamId, algoId, algo, images, source, stream }: FlowRequest): RedMessage {
  const newest = images.at(-1) as FlowImage;
  const { index, sourceIndex, pts, format, width, height, crop } = newest;
  const buffers = images.map(({ data }) => Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  return {
    topic: stream.name,
    payload: images.length === 1 ? buffers[0] : buffers,
    image: { format, width, height, ...(crop && { crop }) },
    algo,
    position: pts,
    frame: { index, sourceIndex, pts, ...source },
    stream,
    _stream: { algo: algoId, stream: streamId, request: requestId },
  };
}

/** What a message says to a request of that algo; undefined where it is no answer to one. A Catch node's message is one: it has an `error`. */
export function answerOf(message: RedMessage, algoId: string): FlowReturn | undefined {
  const mark = markSchema.safeParse(message['_stream']);
  if (!mark.success || mark.data.algo !== algoId) return undefined;
  const { request: requestId, stream: streamId } = mark.data;
  const error = message['error'];
  return error === undefined || error === null ? { requestId, streamId, result: message['payload'] } : { requestId, streamId, error: textOf(error) };
}

function textOf(error: unknown): string {
  if (typeof error === 'string') return error;
  const { message } = Object(error) as { message?: unknown };
  return typeof message === 'string' ? message : JSON.stringify(error);
}
