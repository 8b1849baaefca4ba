import type { Packet } from 'node-av/lib';

import type { YuvPlanes } from '../../../vision/index.js';
import type { Encoder, OpenEncoderOptions } from '../../backend.js';
import { finishMp4 } from '../../mp4/index.js';
import { must } from './errors.js';
import { H264, TIME_BASE } from './h264.js';
import type { Libav } from './libav.js';
import { closeMp4, type Mp4File, openMp4, videoMp4 } from './mp4-file.js';

/** Longest time between key frames: the most that a crash can cost, and how exactly players can search. */
const KEY_FRAME_SECONDS = 2;

/** H.264 into a fragmented mp4, made an ordinary one at the end. */
class LibavEncoder implements Encoder {
  readonly #av: Libav;
  readonly #path: string;
  readonly #h264: H264;
  readonly #file: Mp4File;
  #state: 'open' | 'closed' = 'open';

  constructor(av: Libav, path: string, parts: { readonly h264: H264; readonly file: Mp4File }) {
    this.#av = av;
    this.#path = path;
    this.#h264 = parts.h264;
    this.#file = parts.file;
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
  async write(picture: YuvPlanes, ptsUs: number): Promise<void> {
    this.#h264.write(picture, ptsUs, this.#mux);
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    try {
      this.#h264.end(this.#mux);
      this.#must(this.#file.context.writeTrailerSync());
    } finally {
      this.#free();
    }
    // without a single frame there is nothing to finish
    if (this.#h264.originUs !== undefined) await finishMp4(this.#path, 'closed');
  }

  destroy(): Promise<void> {
    if (this.#state === 'open') this.#free();
    this.#state = 'closed';
    return Promise.resolve();
  }

  readonly #mux = (packet: Packet): void => {
    const { stream, context } = this.#file;
    packet.rescaleTs(TIME_BASE, stream.timeBase);
    this.#must(context.interleavedWriteFrameSync(packet));
    this.#must(context.pb?.error ?? 0);
  };

  #must(code: number): void {
    must(this.#av, code, { code: 'RECORD_WRITE_FAILED', what: `write ${this.#path}` });
  }

  #free(): void {
    this.#h264.free();
    closeMp4(this.#file);
  }
}

/** Opens the file and the encoder. Throws `RECORD_OPEN_FAILED`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
export async function openLibavEncoder(av: Libav, options: OpenEncoderOptions): Promise<Encoder> {
  const { path, fps } = options;
  const h264 = new H264(av, { ...options, what: `write ${path}`, keyFrameSeconds: KEY_FRAME_SECONDS, isCuttable: false });
  try {
    return new LibavEncoder(av, path, { h264, file: openMp4(av, path, videoMp4(av, h264.codec, fps)) });
  } catch (error) {
    h264.free();
    throw error;
  }
}
