import { z } from 'zod';

import { PIXEL_FORMATS } from './frame.js';

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
  /** Seconds to wait for a source to open, and for its next frame, before it counts as failed. Default 10. */
  timeout: z.number().positive().max(3600).default(10),
});
export type SourceOptions = z.output<typeof sourceSchema>;

/** How frames are made from the source. */
export const producerSchema = z.strictObject({
  /** Pixels; empty: from `height`, keeping the aspect; both empty: the source's own size. */
  width: z.int().min(2).max(16384).optional(),
  /** Pixels; empty: from `width`, keeping the aspect. */
  height: z.int().min(2).max(16384).optional(),
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
