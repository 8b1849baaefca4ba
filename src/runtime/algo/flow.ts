import { bytesPerPixel, type FlowAlgoPlan, type Frame, type PixelFormat, type StreamInfo } from '../base/index.js';
import { type BackendOptions, openBackend } from '../media/index.js';
import type { LaneAlgo } from './algo.js';
import { headOf, type PixelFrame, pixelsOf } from './pixel-frame.js';

/** A frame as a flow gets it. */
export type FlowImage = Pick<Frame, 'index' | 'sourceIndex' | 'pts' | 'width' | 'height' | 'crop'> & {
  /** What `data` is: a JPEG, or packed pixels without gaps between rows. */
  readonly format: 'jpeg' | PixelFormat;
  /** In memory of its own. */
  readonly data: Uint8Array<ArrayBuffer>;
};

/** The frames of a run, oldest first, and what is known of the newest. */
export type FlowWindow = {
  readonly images: readonly FlowImage[];
  /** Of the source's frame, whose pixels boxes are in. */
  readonly source: { readonly width: number; readonly height: number };
  readonly stream: StreamInfo;
};

/** Hands a window to whoever answers; rejects with the signal's reason when that is aborted. */
export type AskFlow = (window: FlowWindow, signal: AbortSignal) => Promise<unknown>;

type ImageData = Pick<FlowImage, 'format' | 'data'>;

/** Opens an algo whose result comes from outside. `media`: what encodes its JPEGs. Throws `BACKEND_MISSING`. */
export async function openFlowAlgo(plan: FlowAlgoPlan, { ask, media }: { readonly ask: AskFlow; readonly media: BackendOptions }): Promise<LaneAlgo> {
  const { format, quality } = plan.options;
  const { encode, close } = format === 'jpeg' ? await jpegs(media, quality) : raw();
  return {
    needs: { kind: 'pixels', ...(format === 'jpeg' && { format: 'rgb24' }) },
    // raw pixels are given away
    keepsFrames: format === 'raw',
    description: { family: 'flow', format },
    run: async (frames, signal) => {
      const window = frames.map(pixelsOf);
      const images: FlowImage[] = [];
      for (const frame of window) images.push({ ...headOf(frame), ...(await encode(frame)) });
      const { info, stream } = window.at(-1) as PixelFrame & { readonly stream: StreamInfo };
      signal.throwIfAborted();
      return await ask({ images, source: { width: info.width, height: info.height }, stream }, signal);
    },
    close: () => {
      close();
      return Promise.resolve();
    },
  };
}

type Images = { readonly encode: (frame: PixelFrame) => Promise<ImageData>; readonly close: () => void };

async function jpegs(media: BackendOptions, quality: number): Promise<Images> {
  const encoder = (await openBackend(media)).backend.openJpegEncoder();
  return {
    encode: async ({ width, height, data }) => ({ format: 'jpeg', data: await encoder.encode({ width, height, data: new Uint8Array(data) }, quality) as ImageData['data'] }),
    close: () => { encoder.close(); },
  };
}

function raw(): Images {
  return {
    encode: ({ format, data, width, height }) => Promise.resolve({ format, data: new Uint8Array(data, 0, width * height * bytesPerPixel(format)) }),
    close: () => undefined,
  };
}
