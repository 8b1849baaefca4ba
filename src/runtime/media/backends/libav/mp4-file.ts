import type { CodecContext, FormatContext, Stream } from 'node-av/lib';

import { must } from './errors.js';
import { TIME_BASE } from './h264.js';
import type { Libav } from './libav.js';

/** An mp4 being written that holds one stream. */
export type Mp4File = { readonly context: FormatContext; readonly stream: Stream };

/** The muxer's options, and what fills in the stream. */
type Mp4Options = { readonly muxer: Readonly<Record<string, string>>; readonly describe: (stream: Stream) => void };

/** A fragment a second, and one a key frame, each with its own index: readable up to the last fragment at any moment. */
const FRAGMENTED = { movflags: '+frag_keyframe+empty_moov+default_base_moof', frag_duration: '1000000' };

/** A fragmented mp4 of what a codec gives. */
export function videoMp4(av: Libav, codec: CodecContext, fps: { readonly num: number; readonly den: number }): Mp4Options {
  return {
    muxer: FRAGMENTED,
    describe: (stream) => {
      codec.parametersFromContext(stream.codecpar);
      stream.timeBase = new av.Rational(TIME_BASE.num, TIME_BASE.den);
      stream.avgFrameRate = new av.Rational(fps.num, fps.den);
    },
  };
}

/** Opens `path` for an mp4. Throws `RECORD_OPEN_FAILED`. */
export function openMp4(av: Libav, path: string, { muxer, describe }: Mp4Options): Mp4File {
  const context = new av.FormatContext();
  const failure = { code: 'RECORD_OPEN_FAILED', what: `write ${path}` } as const;
  try {
    // the scheme said, a name such as "a:b.mp4" stays a name
    must(av, context.allocOutputContext2(null, 'mp4', `file:${path}`), failure);
    const stream = context.newStream(null);
    describe(stream);
    must(av, context.openOutputSync(), failure);
    // what is written is in the file, not in a buffer that dies with the process
    context.setOption('flush_packets', 1);
    must(av, context.writeHeaderSync(av.Dictionary.fromObject(muxer)), failure);
    return { context, stream };
  } catch (error) {
    closeMp4({ context });
    throw error;
  }
}

/** Closes the file without a trailer. */
export function closeMp4({ context }: { readonly context: FormatContext }): void {
  context.closeOutputSync();
  context.freeContext();
}
