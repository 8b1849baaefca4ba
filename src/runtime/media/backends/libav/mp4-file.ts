import { rename, rm } from 'node:fs/promises';
import { setImmediate as turn } from 'node:timers/promises';

import type { FormatContext, Packet, Stream } from 'node-av/lib';

import { StreamInferError } from '../../../base/index.js';
import { must } from './errors.js';
import { Input } from './input.js';
import type { Libav } from './libav.js';

/** An mp4 being written that holds one stream. */
export type Mp4File = { readonly context: FormatContext; readonly stream: Stream };

/** Packets copied between two looks at the event loop. */
const PACKETS_A_TURN = 512;

/** The muxer's options, and what fills in the stream. */
type Mp4Options = { readonly muxer: Readonly<Record<string, string>>; readonly describe: (stream: Stream) => void };

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

/**
 * Makes the fragmented mp4 at `path` an ordinary one with its index in front: copied beside it, then renamed over it, so that a crash at any
 * moment leaves one of the two whole. Throws `RECORD_WRITE_FAILED`; the fragmented file then stays.
 */
export async function finishMp4(av: Libav, path: string): Promise<void> {
  const partial = `${path}.finishing`;
  try {
    await remux(av, path, partial);
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new StreamInferError('RECORD_WRITE_FAILED', `finish ${path}: ${(cause as Error).message}; it stays a fragmented mp4, which plays but cannot be searched everywhere`, { cause });
  }
}

async function remux(av: Libav, from: string, to: string): Promise<void> {
  const input = new Input(av, { location: { kind: 'file', path: from }, source: { rtspTransport: 'tcp', timeout: 60 } });
  try {
    await input.open();
    const source = input.stream;
    const describe = (stream: Stream): void => {
      must(av, source.codecpar.copy(stream.codecpar), { code: 'RECORD_WRITE_FAILED', what: `write ${to}` });
      stream.timeBase = source.timeBase;
      stream.avgFrameRate = source.avgFrameRate;
    };
    const file = openMp4(av, to, { muxer: { movflags: '+faststart' }, describe });
    try {
      await copyPackets(av, { input, file, to });
    } finally {
      closeMp4(file);
    }
  } finally {
    await input.close();
  }
}

async function copyPackets(av: Libav, { input, file, to }: { readonly input: Input; readonly file: Mp4File; readonly to: string }): Promise<void> {
  const failure = { code: 'RECORD_WRITE_FAILED', what: `write ${to}` } as const;
  const packet = new av.Packet();
  packet.alloc();
  try {
    // the first packet is the first picture shown; a fragmented file begins later than 0 where pictures are reordered
    let origin: bigint | undefined;
    for (let count = 0; (await input.read(packet)) >= 0; count += 1) {
      origin ??= packet.pts;
      writePacket(av, packet, { file, from: input.stream, origin, failure });
      if (count % PACKETS_A_TURN === PACKETS_A_TURN - 1) await turn();
    }
    must(av, await file.context.writeTrailer(), failure);
  } finally {
    packet.free();
  }
}

type Move = { readonly file: Mp4File; readonly from: Stream; readonly origin: bigint; readonly failure: { readonly code: 'RECORD_WRITE_FAILED'; readonly what: string } };

function writePacket(av: Libav, packet: Packet, { file, from, origin, failure }: Move): void {
  packet.pts -= origin;
  packet.dts -= origin;
  packet.rescaleTs(from.timeBase, file.stream.timeBase);
  packet.streamIndex = 0;
  must(av, file.context.interleavedWriteFrameSync(packet), failure);
  packet.unref();
}
