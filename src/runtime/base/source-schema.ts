import { z } from 'zod';

import { PIXEL_FORMATS } from './frame.js';
import { MAX_FRAME_SIDE } from './limits.js';

/** What is played, and how. */
export const sourceSchema = z.strictObject({
  /**
   * A path of a video or an image, a folder or glob of images, a URL (`rtsp:`, `rtmp:`, `http(s):`, `file:`),
   * a camera (`device:/dev/video0`, `device:Name`), or `test:` for the built-in test pattern
   * (`test:?width=640&height=360&fps=25&seconds=10`).
   */
  location: z.string().trim().min(1, 'expected a path, URL, device or test:').max(4096),
  /** User name for the URL; never part of `location`. */
  username: z.string().max(256).optional(),
  /** Password for the URL. */
  password: z.string().max(256).optional(),
  /** Starts again at the end of a file; offline too. Default false. */
  loop: z.boolean().default(false),
  /** Seconds from the start at which playing begins; files only. Default 0. */
  position: z.number().min(0).max(1e7).default(0),
  /** Frames a second for a folder of images. Default 25. */
  imageFps: z.number().positive().max(1000).default(25),
  /** How RTSP frames travel. Default tcp. */
  rtspTransport: z.enum(['tcp', 'udp']).default('tcp'),
  /** A live source that fails is opened again, after growing pauses, without end. Default true. */
  reconnect: z.boolean().default(true),
  /** A live source that cannot be opened at first is tried again like one that was lost; realtime only. Default false: the stream fails. */
  retryOpen: z.boolean().default(false),
  /** Seconds to wait for a source to open, and for the next bytes of a file by HTTP, before it counts as failed. Default 10. */
  timeout: z.number().positive().max(3600).default(10),
  /**
   * Seconds that a live source may bring no frame before it counts as stalled. Twice the time between two frames where the source
   * says its rate and that is more; live HLS and DASH, whose frames come a segment at a time, have at least `timeout`. Default 2.
   */
  stallTimeout: z.number().min(0.1).max(3600).default(2),
  /** Seconds after which the picture of a live source that does not change is told as frozen; 0: never. Default 10. */
  frozenAfter: z.number().min(0).max(86_400).default(10),
  /** Seconds after which the picture of a live source that is black is told; 0: never. Default 10. */
  blackAfter: z.number().min(0).max(86_400).default(10),
});
export type SourceOptions = z.output<typeof sourceSchema>;

/** How frames are made from the source. */
export const producerSchema = z.strictObject({
  /** Pixels; empty: from `height`, keeping the aspect; both empty: the source's own size. */
  width: z.int().min(2).max(MAX_FRAME_SIDE).optional(),
  /** Pixels; empty: from `width`, keeping the aspect. */
  height: z.int().min(2).max(MAX_FRAME_SIDE).optional(),
  /** Frames a second that are delivered, at most the source's own; empty: all of them. */
  fps: z.number().positive().max(1000).optional(),
  /** Order and layout of the bytes an algo gets. Default bgr24. */
  format: z.enum(PIXEL_FORMATS).default('bgr24'),
  /** `libav`: FFmpeg in the engine; `ffmpeg`: the program; `auto`: the first of them that works. Default auto. */
  backend: z.enum(['auto', 'libav', 'ffmpeg']).default('auto'),
  /** `auto` decodes on a GPU or media engine where there is one. Default none. */
  hardware: z.enum(['none', 'auto']).default('none'),
  /** Path of the ffmpeg program; empty: found by itself. */
  ffmpegPath: z.string().max(4096).optional(),
});
export type ProducerOptions = z.output<typeof producerSchema>;
