import type { Packet } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { YuvPlanes } from '../../../vision/index.js';
import type { EncodedFile, EncodedFrame, FrameEncoder, FrameEncoderOptions } from '../../backend.js';
import { finishMp4 } from '../../mp4/index.js';
import { must } from './errors.js';
import { H264, TIME_BASE } from './h264.js';
import type { Libav } from './libav.js';
import { closeMp4, type Mp4File, openMp4, videoMp4 } from './mp4-file.js';

/** H.264 packets in memory, and files of them. */
class LibavFrameEncoder implements FrameEncoder {
  readonly #av: Libav;
  readonly #options: FrameEncoderOptions;
  readonly #h264: H264;
  #isDestroyed = false;

  constructor(av: Libav, options: FrameEncoderOptions) {
    this.#av = av;
    this.#options = options;
    this.#h264 = new H264(av, { ...options, what: 'encode frames', isCuttable: true });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
  async write(picture: YuvPlanes, ptsUs: number): Promise<void> {
    this.#h264.write(picture, ptsUs, this.#give);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async end(): Promise<void> {
    this.#h264.end(this.#give);
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- as above
  async openFile(path: string): Promise<EncodedFile> {
    if (this.#isDestroyed) throw new StreamInferError('STATE_INVALID', `write ${path}: the encoder is closed`);
    const { fps } = this.#options;
    return new PacketFile(this.#av, { path, fps, file: openMp4(this.#av, path, videoMp4(this.#av, this.#h264.codec, fps)) });
  }

  destroy(): Promise<void> {
    this.#isDestroyed = true;
    this.#h264.free();
    return Promise.resolve();
  }

  readonly #give = (packet: Packet): void => {
    this.#options.onFrame({ ptsUs: (this.#h264.originUs ?? 0) + Number(packet.pts), isKey: packet.isKeyframe, data: Buffer.from(packet.data ?? []) });
  };
}

type PacketFileParts = { readonly path: string; readonly fps: FrameEncoderOptions['fps']; readonly file: Mp4File };

class PacketFile implements EncodedFile {
  readonly #av: Libav;
  readonly #parts: PacketFileParts;
  readonly #packet: Packet;
  readonly #frameUs: number;
  #originUs: number | undefined;
  #isOpen = true;

  constructor(av: Libav, parts: PacketFileParts) {
    this.#av = av;
    this.#parts = parts;
    const { num, den } = parts.fps;
    this.#frameUs = num > 0 ? (1e6 * den) / num : 40_000;
    this.#packet = new av.Packet();
    this.#packet.alloc();
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
  async write({ ptsUs, isKey, data }: EncodedFrame): Promise<void> {
    const { context, stream } = this.#parts.file;
    this.#originUs ??= ptsUs;
    const us = BigInt(Math.round(ptsUs - this.#originUs));
    const packet = this.#packet;
    packet.data = data;
    packet.pts = us;
    packet.dts = us;
    packet.duration = BigInt(Math.round(this.#frameUs));
    packet.isKeyframe = isKey;
    packet.streamIndex = 0;
    packet.rescaleTs(TIME_BASE, stream.timeBase);
    this.#must(context.interleavedWriteFrameSync(packet));
    this.#must(context.pb?.error ?? 0);
    packet.unref();
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    try {
      this.#must(this.#parts.file.context.writeTrailerSync());
    } finally {
      this.#free();
    }
    await finishMp4(this.#parts.path, 'closed');
  }

  destroy(): Promise<void> {
    if (this.#isOpen) this.#free();
    return Promise.resolve();
  }

  #must(code: number): void {
    must(this.#av, code, { code: 'RECORD_WRITE_FAILED', what: `write ${this.#parts.path}` });
  }

  #free(): void {
    this.#isOpen = false;
    this.#packet.free();
    closeMp4(this.#parts.file);
  }
}

/** Opens the encoder. Throws `RECORD_OPEN_FAILED`. */
// eslint-disable-next-line @typescript-eslint/require-await -- a throw is to come as a rejection
export async function openLibavFrameEncoder(av: Libav, options: FrameEncoderOptions): Promise<FrameEncoder> {
  return new LibavFrameEncoder(av, options);
}
