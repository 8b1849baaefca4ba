import { checkExtent, type RemoteAlgoPlan, StreamInferError } from '../../base/index.js';
import { type BackendOptions, type JpegEncoder, openBackend } from '../../media/index.js';
import type { LaneAlgo } from '../algo.js';
import { headOf, type PixelFrame, pixelsOf } from '../pixel-frame.js';
import type { Guard } from './guard.js';
import { askWell, jsonOf } from './http.js';
import { atPath } from './result-path.js';
import type { Server } from './server.js';

/** 1…100; detectors lose nothing by it. */
const JPEG_QUALITY = 90;

/** What is sent of a frame beside its pixels. */
type FrameHead = ReturnType<typeof headOf>;

type Request = { readonly body: string | FormData | Uint8Array<ArrayBuffer>; readonly headers: Readonly<Record<string, string>> };

export type JsonAlgoParts = { readonly plan: RemoteAlgoPlan; readonly stream: string; readonly media: BackendOptions; readonly server: Server; readonly guard: Guard };

/**
 * An algo that posts its frames to an address; the JSON that comes back, or the part of it at `resultPath`, is the result. Nothing
 * is asked at the opening. README, *Models on a server*, has what a server gets. Throws `BACKEND_MISSING` where JPEG cannot be made.
 */
export async function openJsonAlgo({ plan, stream, media, server, guard }: JsonAlgoParts): Promise<LaneAlgo> {
  const jpeg = plan.body === 'raw' ? undefined : (await openBackend(media)).backend.openJpegEncoder();
  return {
    needs: { kind: 'pixels', ...(jpeg && { format: 'rgb24' }) },
    description: { family: 'remote', protocol: 'json', body: plan.body },
    run: async (frames, signal) => {
      const request = await requestOf({ plan, stream, jpeg }, frames.map(pixelsOf));
      const { body } = await guard.run(() => askWell(server, { url: server.url, ...request, signal }), signal);
      const answer = jsonOf(server, server.url, body);
      const result = atPath(answer, plan.resultPath);
      checkExtent(result);
      if (result !== undefined) return result;
      throw new StreamInferError('REMOTE_ANSWER_INVALID', `${server.url}: nothing is at ${plan.resultPath ?? ''} in ${shapeText(answer)}`);
    },
    close: () => {
      jpeg?.close();
      return Promise.resolve();
    },
  };
}

type RequestParts = { readonly plan: RemoteAlgoPlan; readonly stream: string; readonly jpeg: JpegEncoder | undefined };

async function requestOf({ plan, stream, jpeg }: RequestParts, frames: readonly PixelFrame[]): Promise<Request> {
  const heads = frames.map(headOf);
  const pictures = jpeg === undefined ? [] : await picturesOf(jpeg, frames);
  const about = { algo: plan.name, stream };
  switch (plan.body) {
    case 'json': {
      const images = pictures.map((picture) => Buffer.from(picture.buffer).toString('base64'));
      const body = JSON.stringify({ ...about, frames: heads.map((head, i) => ({ ...head, image: images[i] })) });
      return { body, headers: { 'content-type': 'application/json' } };
    }
    case 'multipart': {
      const form = new FormData();
      form.append('info', JSON.stringify({ ...about, frames: heads }));
      for (const [i, picture] of pictures.entries()) form.append('image', new Blob([picture], { type: 'image/jpeg' }), `${i}.jpg`);
      return { body: form, headers: {} };
    }
    case 'jpeg': return { body: pictures[0] as Uint8Array<ArrayBuffer>, headers: { 'content-type': 'image/jpeg', ...headersOf(heads[0]) } };
    case 'raw': return { body: new Uint8Array(frames[0]?.data ?? new ArrayBuffer(0)), headers: { 'content-type': 'application/octet-stream', 'x-frame-format': frames[0]?.format ?? '', ...headersOf(heads[0]) } };
  }
}

async function picturesOf(jpeg: JpegEncoder, frames: readonly PixelFrame[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const pictures: Uint8Array<ArrayBuffer>[] = [];
  for (const { width, height, data } of frames) pictures.push(new Uint8Array(await jpeg.encode({ width, height, data: new Uint8Array(data) }, JPEG_QUALITY)));
  return pictures;
}

function headersOf(head: FrameHead | undefined): Record<string, string> {
  if (head === undefined) return {};
  const { index, pts, width, height, crop } = head;
  const place = crop && { 'x-frame-crop': [crop.xmin, crop.ymin, crop.xmax, crop.ymax].join(',') };
  return { 'x-frame-index': String(index), 'x-frame-pts': String(pts), 'x-frame-width': String(width), 'x-frame-height': String(height), ...place };
}

/** "{ status, data }" or "a list of 3". */
function shapeText(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' && value !== null ? `{ ${Object.keys(value).slice(0, 10).join(', ')} }` : JSON.stringify(value).slice(0, 80);
}
