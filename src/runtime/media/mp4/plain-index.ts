import { type Box, boxesIn, contentAt, longs, makeBox, packLongs, packWords, words } from './boxes.js';
import type { Samples } from './samples.js';

/** Boxes whose content is boxes, of those that we make anew. */
const FOLDERS: ReadonlySet<string> = new Set(['trak', 'mdia', 'minf']);

/** Bytes between the dates and the length in boxes that tell one. */
const BEFORE_DURATION: Readonly<Record<string, number>> = { mvhd: 4, tkhd: 8, mdhd: 4 };

const MOST_32_BITS = 0xffff_ffff;

/** Longest time between two frames: of more, FFmpeg makes nothing. In microseconds 35 minutes. */
const LONGEST_STEP = 0x7fff_ffff;

/** Lengths in ticks of the movie and of the track, and when the first picture is shown. */
type Times = { readonly movie: number; readonly media: number; readonly firstShown: number };

/** The `moov` box of an ordinary mp4 with those frames, made of that of a fragmented one (its content); undefined where it is none of one track. */
export function makePlainIndex(moov: Buffer, samples: Samples): Buffer | undefined {
  const [movieScale, mediaScale] = [scaleOf(contentAt(moov, 'mvhd')), scaleOf(contentAt(moov, 'trak', 'mdia', 'mdhd'))];
  if (movieScale === undefined || mediaScale === undefined || contentAt(moov, 'trak', 'mdia', 'minf', 'stbl', 'stsd') === undefined) return undefined;
  const { first, end } = shownIn(samples);
  const from = samples.decodeTimes[0] as number;
  const times = { movie: Math.ceil(((end - first) * movieScale) / mediaScale), media: end - from, firstShown: Math.max(0, first - from) };
  const parts = boxesIn(moov).filter(({ type }) => type !== 'mvex');
  return makeBox('moov', ...parts.map((box) => remake(box, samples, times)));
}

function remake({ type, content }: Box, samples: Samples, times: Times): Buffer {
  if (type in BEFORE_DURATION) return makeBox(type, withDuration(content, BEFORE_DURATION[type] as number, type === 'mdhd' ? times.media : times.movie));
  if (type === 'stbl') return makeBox('stbl', ...sampleTables(content, samples));
  if (!FOLDERS.has(type)) return makeBox(type, content);
  return makeBox(type, ...boxesIn(content).flatMap((box) => {
    if (box.type === 'edts') return [];
    const made = remake(box, samples, times);
    // the edit list: it begins with the first picture
    return box.type === 'tkhd' ? [made, makeBox('edts', makeBox('elst', words(0x0100_0000, 1), longs(times.movie, times.firstShown), words(0x1_0000)))] : [made];
  }));
}

/** A header in version 1, whose lengths have 64 bits: in microseconds 32 of them are 71 minutes. */
function withDuration(content: Buffer, between: number, duration: number): Buffer {
  const flags = words((content.readUInt32BE(0) & 0xff_ffff) | 0x0100_0000);
  const isLong = content[0] === 1;
  const dates = isLong ? content.subarray(4, 20) : longs(content.readUInt32BE(4), content.readUInt32BE(8));
  const at = isLong ? 20 : 12;
  return Buffer.concat([flags, dates, content.subarray(at, at + between), longs(duration), content.subarray(at + between + (isLong ? 8 : 4))]);
}

function scaleOf(header: Buffer | undefined): number | undefined {
  const at = header?.[0] === 1 ? 20 : 12;
  const scale = header !== undefined && header.length >= at + 12 ? header.readUInt32BE(at) : 0;
  return scale > 0 ? scale : undefined;
}

/** When the first picture is shown, and until when the last one. */
function shownIn(samples: Samples): { readonly first: number; readonly end: number } {
  const { decodeTimes, delays } = samples;
  let [first, last] = [Infinity, -Infinity];
  decodeTimes.forEach((time, index) => {
    const shownAt = time + (delays[index] as number);
    first = Math.min(first, shownAt);
    last = Math.max(last, shownAt);
  });
  return { first, end: last + lastDurationOf(samples) };
}

function sampleTables(stbl: Buffer, samples: Samples): Buffer[] {
  const { sizes, delays, keys, chunks } = samples;
  const stsd = contentAt(stbl, 'stsd') as Buffer;
  const isFar = chunks.some(({ offset }) => offset > MOST_32_BITS);
  return [
    makeBox('stsd', stsd),
    makeBox('stts', runs(durationsOf(samples))),
    // version 1: signed
    ...(delays.some((delay) => delay !== 0) ? [makeBox('ctts', runs(delays, 0x0100_0000))] : []),
    ...(keys.length < sizes.length ? [makeBox('stss', words(0, keys.length), packWords(keys.length, (index) => (keys[index] as number) + 1))] : []),
    makeBox('stsc', framesPerChunk(chunks)),
    makeBox('stsz', words(0, 0, sizes.length), packWords(sizes.length, (index) => sizes[index] as number)),
    makeBox(isFar ? 'co64' : 'stco', words(0, chunks.length), isFar ? packLongs(chunks.length, (index) => chunks[index]?.offset ?? 0) : packWords(chunks.length, (index) => chunks[index]?.offset ?? 0)),
  ];
}

/** From one frame's decoding to the next one's. */
function durationsOf(samples: Samples): number[] {
  const { decodeTimes } = samples;
  const lastDuration = lastDurationOf(samples);
  return decodeTimes.map((time, index) => Math.min(LONGEST_STEP, (decodeTimes[index + 1] ?? time + lastDuration) - time));
}

/** As the last fragment says; where it does not, as long as the frame before: of no length, it would not be shown. */
function lastDurationOf({ chunks, decodeTimes }: Samples): number {
  const [before = 0, last = 0] = decodeTimes.slice(-2);
  const said = chunks.at(-1)?.lastDuration ?? 0;
  return said > 1 ? said : Math.max(1, last - before);
}

/** A table of `values` in which each stands once with how often it comes in a row. */
function runs(values: readonly number[], version = 0): Buffer {
  const rows: number[] = [];
  for (const value of values) {
    if (rows.at(-1) === value && rows.length > 0) rows[rows.length - 2] = (rows[rows.length - 2] as number) + 1;
    else rows.push(1, value);
  }
  return Buffer.concat([words(version, rows.length / 2), packWords(rows.length, (index) => rows[index] as number)]);
}

/** `stsc`: from which chunk on (counted from 1) how many frames are in each, of description 1. */
function framesPerChunk(chunks: Samples['chunks']): Buffer {
  const rows: number[] = [];
  chunks.forEach(({ count }, index) => { if (count !== chunks[index - 1]?.count) rows.push(index + 1, count, 1); });
  return Buffer.concat([words(0, rows.length / 3), packWords(rows.length, (index) => rows[index] as number)]);
}
