import { boxesIn, contentAt } from './boxes.js';

/** The frames of one track in the order they are stored; times in ticks of the track. */
export type Samples = {
  readonly sizes: number[];
  /** When each is decoded; grows. */
  readonly decodeTimes: number[];
  /** How long after that it is shown. */
  readonly delays: number[];
  /** Indices of key frames. */
  readonly keys: number[];
  /** The fragments they came in. */
  readonly chunks: Chunk[];
};

/** Frames that lie in the file without a gap: from `offset` on, and before `end`; the last one is shown for `lastDuration` ticks. */
export type Chunk = { readonly offset: number; readonly count: number; readonly end: number; readonly lastDuration: number };

/** What holds for frames of which nothing else is said (`trex`). */
export type SampleDefaults = { readonly duration: number; readonly size: number; readonly flags: number };

/** A fragment's frames, not yet among those of the file. */
export type Fragment = { readonly decodeTime: number; readonly samples: readonly FragmentSample[]; readonly offset: number; readonly bytes: number };
type FragmentSample = { readonly size: number; readonly duration: number; readonly delay: number; readonly isKey: boolean };

/** More frames than any file has: about a week of them. */
const MOST_SAMPLES = 1 << 24;

/** Frames of one fragment of which each is as long and as large as the other. */
const MOST_ALIKE = 10_000;

const IS_NO_KEY = 0x1_0000;

export function noSamples(): Samples {
  return { sizes: [], decodeTimes: [], delays: [], keys: [], chunks: [] };
}

/** The defaults that a `moov` box tells for the fragments behind it. */
export function defaultsIn(moov: Buffer): SampleDefaults {
  const trex = contentAt(moov, 'mvex', 'trex');
  if (trex === undefined || trex.length < 24) return { duration: 0, size: 0, flags: 0 };
  return { duration: trex.readUInt32BE(12), size: trex.readUInt32BE(16), flags: trex.readUInt32BE(20) };
}

/** What the `moof` box at `moofAt` says of its frames; undefined where it is broken, or not as we have them written. Throws `RangeError` where it ends too early. */
export function readFragment(moof: Buffer, moofAt: number, defaults: SampleDefaults): Fragment | undefined {
  const [traf, ...others] = boxesIn(moof).filter(({ type }) => type === 'traf');
  if (traf === undefined || others.length > 0) return undefined;
  const parts = boxesIn(traf.content);
  const part = (type: string): Buffer | undefined => parts.find((box) => box.type === type)?.content;
  const [tfhd, tfdt, trun] = [part('tfhd'), part('tfdt'), part('trun')];
  if (tfhd === undefined || tfdt === undefined || trun === undefined || parts.filter(({ type }) => type === 'trun').length > 1) return undefined;
  const { base, ...own } = readHeader(tfhd, moofAt, defaults);
  const { offset, samples } = readRun(trun, own);
  const decodeTime = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  return { decodeTime, samples, offset: base + offset, bytes: samples.reduce((sum, { size }) => sum + size, 0) };
}

/** Adds the frames of a fragment that ends before `end`; false, and nothing added, where they cannot follow those before. */
export function addFragment(all: Samples, { decodeTime, samples, offset }: Fragment, end: number): boolean {
  const first = all.sizes.length;
  const isInOrder = Number.isSafeInteger(decodeTime) && (first === 0 || decodeTime > (all.decodeTimes[first - 1] as number));
  if (samples.length === 0 || !isInOrder || first + samples.length > MOST_SAMPLES) return false;
  let time = decodeTime;
  samples.forEach(({ size, duration, delay, isKey }, index) => {
    all.sizes.push(size);
    all.decodeTimes.push(time);
    all.delays.push(delay);
    if (isKey) all.keys.push(first + index);
    time += duration;
  });
  all.chunks.push({ offset, count: samples.length, end, lastDuration: samples.at(-1)?.duration ?? 0 });
  return true;
}

/** Forgets all fragments behind the first `count` ones. */
export function keepFragments(all: Samples, count: number): void {
  all.chunks.length = count;
  const frames = all.chunks.reduce((sum, chunk) => sum + chunk.count, 0);
  for (const list of [all.sizes, all.decodeTimes, all.delays]) list.length = frames;
  while ((all.keys.at(-1) ?? -1) >= frames) all.keys.pop();
}

/** `tfhd`: where data offsets count from, and defaults of this fragment. */
function readHeader(tfhd: Buffer, moofAt: number, defaults: SampleDefaults): SampleDefaults & { readonly base: number } {
  const flags = tfhd.readUInt32BE(0);
  let at = 8;
  const next = (isThere: number, otherwise: number): number => {
    if ((flags & isThere) === 0) return otherwise;
    at += 4;
    return tfhd.readUInt32BE(at - 4);
  };
  const base = (flags & 0x1) === 0 ? moofAt : Number(tfhd.readBigUInt64BE(8));
  if ((flags & 0x1) !== 0) at += 8;
  next(0x2, 0);
  return { base, duration: next(0x8, defaults.duration), size: next(0x10, defaults.size), flags: next(0x20, defaults.flags) };
}

/** `trun`: the frames, and where they begin. */
function readRun(trun: Buffer, defaults: SampleDefaults): { readonly offset: number; readonly samples: FragmentSample[] } {
  const flags = trun.readUInt32BE(0);
  const count = trun.readUInt32BE(4);
  let at = 8;
  const next = (isThere: number, otherwise: number): number => {
    if ((flags & isThere) === 0) return otherwise;
    at += 4;
    return trun.readInt32BE(at - 4);
  };
  const offset = next(0x1, 0);
  const firstFlags = next(0x4, defaults.flags);
  // frames that have nothing of their own take no room in the table: a broken number of them could be any
  if (count > ((flags & 0xf00) === 0 ? MOST_ALIKE : trun.length / 4)) throw new RangeError(`${count} frames in ${trun.length} bytes`);
  const samples = Array.from({ length: count }, (_, index) => {
    const duration = next(0x100, defaults.duration) >>> 0;
    const size = next(0x200, defaults.size) >>> 0;
    const isKey = (next(0x400, index === 0 ? firstFlags : defaults.flags) & IS_NO_KEY) === 0;
    return { duration, size, isKey, delay: next(0x800, 0) };
  });
  return { offset, samples };
}
