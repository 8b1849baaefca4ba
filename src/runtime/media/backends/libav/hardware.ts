import type { Codec, CodecContext, Frame, HardwareDeviceContext } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import type { Libav } from './libav.js';

/** `AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX`: the decoder wants a device and nothing else. */
const METHOD_DEVICE_CONTEXT = 1;

/** A GPU or media engine that decodes. Its frames are brought into ordinary memory at once. */
export class Hardware {
  readonly #av: Libav;
  #device: HardwareDeviceContext | undefined;

  constructor(av: Libav) {
    this.#av = av;
  }

  /** Lets `codec` decode on the first device there is for it; on none it decodes on the CPU. */
  attach(codec: CodecContext, decoder: Codec): void {
    for (let i = 0; ; i += 1) {
      const config = decoder.getHwConfig(i);
      if (!config) return;
      if ((config.methods & METHOD_DEVICE_CONTEXT) === 0) continue;
      const device = this.#device ?? new this.#av.HardwareDeviceContext();
      const isThere = this.#device?.type === config.deviceType || (!this.#device && device.create(config.deviceType) >= 0);
      if (!isThere) {
        if (device !== this.#device) device.free();
        continue;
      }
      this.#device = device;
      codec.hwDeviceCtx = device;
      codec.setHardwarePixelFormat(config.pixFmt);
      return;
    }
  }

  /** `frame` in ordinary memory; takes it over. */
  download(frame: Frame): Frame {
    if (!frame.isHwFrame()) return frame;
    const copy = new this.#av.Frame();
    copy.alloc();
    const code = frame.hwframeTransferDataSync(copy);
    copy.copyProps(frame);
    frame.free();
    if (code >= 0) return copy;
    copy.free();
    throw new StreamInferError('SOURCE_READ_FAILED', `bring a frame from the GPU: ${this.#av.FFmpegError.strerror(code)}`);
  }

  close(): void {
    this.#device?.free();
    this.#device = undefined;
  }
}
