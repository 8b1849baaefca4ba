import type { Decoder, MediaBackend, OpenDecoderOptions } from '../../backend.js';
import { parseLocation } from '../../location.js';
import { openFfmpegDecoder } from './decoder.js';
import { openFfmpegEncoder } from './encoder.js';
import { openFfmpegFrameEncoder } from './frame-encoder.js';
import { openImagesDecoder } from './images-decoder.js';
import { FfmpegJpegEncoder } from './jpeg-encoder.js';
import { findProgram, type Program } from './program.js';
import { TestDecoder } from './test-decoder.js';

export type FfmpegBackendOptions = {
  /** Path of the program; empty: found by itself. */
  readonly ffmpegPath?: string | undefined;
};

/**
 * The backend that needs nothing but an ffmpeg program, for machines where native bindings do not load. Throws
 * `BACKEND_MISSING`, which tells how to get one. Against libav: pictures come as 4:2:0, so PNG and GIF lose colour detail; rates
 * that are no usual ones are known to two decimals; the count of frames is not known beforehand.
 */
export async function openFfmpegBackend(options: FfmpegBackendOptions = {}): Promise<MediaBackend> {
  const program = await findProgram(options.ffmpegPath);
  return {
    name: 'ffmpeg',
    version: `FFmpeg ${program.version} (the program ${program.path})`,
    openDecoder: (decoderOptions) => openDecoder(program, decoderOptions),
    openEncoder: (encoderOptions) => openFfmpegEncoder(program, encoderOptions),
    openFrameEncoder: (encoderOptions) => openFfmpegFrameEncoder(program, encoderOptions),
    openJpegEncoder: () => new FfmpegJpegEncoder(program),
  };
}

async function openDecoder(program: Program, options: OpenDecoderOptions): Promise<Decoder> {
  options.signal?.throwIfAborted();
  const location = parseLocation(options.source);
  switch (location.kind) {
    case 'file':
    case 'url':
    case 'device':
      return openFfmpegDecoder({ program, location, options });
    case 'images':
      return openImagesDecoder({ program, files: location.files, options });
    case 'test':
      return new TestDecoder(location);
  }
}
