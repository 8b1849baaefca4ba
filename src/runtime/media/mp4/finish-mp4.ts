import { type FileHandle, open } from 'node:fs/promises';

import { StreamInferError } from '../../base/index.js';
import { boxHeader, contentAt, longs } from './boxes.js';
import { FileWindow } from './file-window.js';
import { makePlainIndex } from './plain-index.js';
import { addFragment, type Chunk, defaultsIn, keepFragments, noSamples, readFragment, type SampleDefaults, type Samples } from './samples.js';

/** Largest index of a file, or of a fragment, that is read. */
const MOST_INDEX_BYTES = 1 << 28;

/** Of a file that was torn: fragments at its end whose frames are looked at. A sync every two seconds keeps a power cut from reaching further back. */
const LOOKED_AT = 32;

/** What a fragmented mp4 has come to. */
export type FinishedMp4 = {
  /** In the file that is now an ordinary one; 0: there was no whole fragment, and the file is as it was. */
  readonly frames: number;
  /** Of a file without frames: it is the beginning of a recording, cut off before its first fragment was whole. */
  readonly isEmpty: boolean;
};

/**
 * Makes the fragmented mp4 of one H.264 track at `path` an ordinary one, in place: the index of all fragments is appended, and then 16
 * bytes at the front make everything before it one box of data. That takes no second copy and hardly any time, and is right after a
 * crash at any moment: until these 16 bytes are there the file is fragmented as it was, then ordinary. `torn`: the end may be missing, or
 * not be what was written; what is behind the last whole fragment is cut off. A file that is ordinary already stays. Throws
 * `RECORD_WRITE_FAILED`; the file then stays fragmented.
 */
export async function finishMp4(path: string, state: 'closed' | 'torn'): Promise<FinishedMp4> {
  try {
    const file = await open(path, 'r+');
    try {
      return await finish(file, state);
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new StreamInferError('RECORD_WRITE_FAILED', `finish ${path}: ${(cause as Error).message}; it stays a fragmented mp4, which plays but cannot be searched everywhere`, { cause });
  }
}

async function finish(file: FileHandle, state: 'closed' | 'torn'): Promise<FinishedMp4> {
  const { size } = await file.stat();
  const reader = new FragmentedMp4(new FileWindow(file, size));
  const head = await reader.readHead();
  if (head === undefined) return { isEmpty: reader.isCutOff, frames: await reader.plainFrames() };
  const samples = await reader.readFragments(head);
  if (state === 'torn') await reader.dropDamaged(samples);
  const index = samples.sizes.length === 0 ? undefined : makePlainIndex(head.moov, samples);
  if (index === undefined && state === 'closed') throw new Error('it has no whole fragment');
  if (index === undefined) return { frames: 0, isEmpty: reader.isCutOff };
  const { end } = samples.chunks.at(-1) as Chunk;
  await file.write(index, 0, index.length, end);
  await file.truncate(end + index.length);
  await file.datasync();
  const cover = Buffer.concat([Buffer.from([0, 0, 0, 1]), Buffer.from('mdat'), longs(end - head.moovAt)]);
  await file.write(cover, 0, cover.length, head.moovAt);
  await file.datasync();
  return { frames: samples.sizes.length, isEmpty: false };
}

type Head = { readonly moov: Buffer; readonly moovAt: number; readonly end: number };
type PlacedBox = { readonly type: string; readonly contentAt: number; readonly end: number };

/** Reads a fragmented mp4 as far as it is whole. */
class FragmentedMp4 {
  readonly #window: FileWindow;
  /** What was read last reaches beyond the end of the file. */
  isCutOff = false;

  constructor(window: FileWindow) {
    this.#window = window;
  }

  /** `ftyp` and `moov`; undefined where the file does not begin with them. */
  async readHead(): Promise<Head | undefined> {
    const ftyp = await this.#box(0, 'ftyp');
    const moov = ftyp && (await this.#box(ftyp.end, 'moov'));
    if (ftyp === undefined || moov === undefined || moov.contentAt + 8 > moov.end) return undefined;
    return { moov: await this.#contentOf(moov), moovAt: ftyp.end, end: moov.end };
  }

  /** All whole fragments from the head on. */
  async readFragments({ moov, end }: Head): Promise<Samples> {
    const samples = noSamples();
    const defaults = defaultsIn(moov);
    for (let at: number | undefined = end; at !== undefined;) at = await this.#readFragment(at, samples, defaults);
    return samples;
  }

  /** Forgets the fragments from the first one on, of the last ones, whose frames are not what was written: H.264 that is cut up by lengths. */
  async dropDamaged(samples: Samples): Promise<void> {
    const { chunks, sizes } = samples;
    const from = Math.max(0, chunks.length - LOOKED_AT);
    let first = chunks.slice(0, from).reduce((sum, { count }) => sum + count, 0);
    for (const [number, { offset, count }] of chunks.slice(from).entries()) {
      if (!(await this.#areFrames(offset, sizes.slice(first, first + count)))) {
        keepFragments(samples, from + number);
        return;
      }
      first += count;
    }
  }

  /** Frames of a file that is ordinary already: `ftyp`, data, and an index with which it ends. */
  async plainFrames(): Promise<number> {
    const ftyp = await this.#box(0, 'ftyp');
    const mdat = ftyp && (await this.#box(ftyp.end, 'mdat'));
    const moov = mdat && (await this.#box(mdat.end, 'moov'));
    if (moov?.end !== this.#window.size) return 0;
    const stsz = contentAt(await this.#contentOf(moov), 'trak', 'mdia', 'minf', 'stbl', 'stsz');
    return stsz === undefined || stsz.length < 12 ? 0 : stsz.readUInt32BE(8);
  }

  /** The place behind the fragment at `at`, whose frames were added; undefined: there is no whole one. */
  async #readFragment(at: number, samples: Samples, defaults: SampleDefaults): Promise<number | undefined> {
    const moof = await this.#box(at, 'moof');
    const mdat = moof && (await this.#box(moof.end, 'mdat'));
    if (moof === undefined || mdat === undefined) return undefined;
    try {
      const fragment = readFragment(await this.#contentOf(moof), at, defaults);
      if (fragment === undefined || fragment.offset < mdat.contentAt || fragment.offset + fragment.bytes > mdat.end) return undefined;
      return addFragment(samples, fragment, mdat.end) ? mdat.end : undefined;
    } catch (error) {
      if (error instanceof RangeError) return undefined;
      throw error;
    }
  }

  async #areFrames(offset: number, sizes: readonly number[]): Promise<boolean> {
    let at = offset;
    for (const size of sizes) {
      const end = at + size;
      if (size === 0) return false;
      while (at < end) {
        const head = await this.#window.read(at, 5);
        const bytes = head.length < 5 ? 0 : head.readUInt32BE(0);
        // a type of 0 or a set first bit is no H.264
        const isUnit = bytes > 0 && ((head[4] as number) & 0x80) === 0 && ((head[4] as number) & 0x1f) !== 0;
        if (!isUnit || at + 4 + bytes > end) return false;
        at += 4 + bytes;
      }
    }
    return true;
  }

  /** The box at `at`, if it is one of that type and whole. */
  async #box(at: number, type: string): Promise<PlacedBox | undefined> {
    const head = await this.#window.read(at, 16);
    const header = boxHeader(head);
    this.isCutOff = header === undefined ? at + 8 > this.#window.size : header.type === type && at + header.bytes > this.#window.size;
    if (header?.type !== type || this.isCutOff) return undefined;
    return { type, contentAt: at + header.headerBytes, end: at + header.bytes };
  }

  async #contentOf({ contentAt: at, end }: PlacedBox): Promise<Buffer> {
    if (end - at > MOST_INDEX_BYTES) throw new Error(`an index of ${end - at} bytes`);
    // the window moves on
    return Buffer.from(await this.#window.read(at, end - at));
  }
}
