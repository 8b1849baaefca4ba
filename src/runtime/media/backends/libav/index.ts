import type { Decoder, Encoder, MediaBackend, OpenDecoderOptions, OpenEncoderOptions } from '../../backend.js';
import { parseLocation } from '../../location.js';
import { openLibavDecoder } from './decoder.js';
import { openLibavEncoder } from './encoder.js';
import { openLibavFrameEncoder } from './frame-encoder.js';
import { openImagesDecoder } from './images-decoder.js';
import { LibavJpegEncoder } from './jpeg-encoder.js';
import { type Libav, loadLibav } from './libav.js';
import { TestDecoder } from './test-decoder.js';

/** FFmpeg within this process. Throws what the loader throws where its native code is not there. */
export async function openLibavBackend(): Promise<MediaBackend> {
  const av = await loadLibav();
  return {
    name: 'libav',
    version: `FFmpeg ${av.getFFmpegInfo().version} (libav)`,
    openDecoder: (options) => openDecoder(av, options),
    openEncoder: (options: OpenEncoderOptions): Promise<Encoder> => openLibavEncoder(av, options),
    openFrameEncoder: (options) => openLibavFrameEncoder(av, options),
    openJpegEncoder: () => new LibavJpegEncoder(av),
  };
}

async function openDecoder(av: Libav, options: OpenDecoderOptions): Promise<Decoder> {
  options.signal?.throwIfAborted();
  const location = parseLocation(options.source);
  switch (location.kind) {
    case 'test':
      return new TestDecoder(av, location);
    case 'images':
      return openImagesDecoder(av, location.files, options);
    case 'file':
    case 'url':
    case 'device':
      return openLibavDecoder(av, location, options);
  }
}
