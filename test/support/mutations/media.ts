import { crc32, deflateSync } from 'node:zlib';

import { edge, type Mutation } from './bytes.js';
import type { Random } from './random.js';

/** A box of an mp4: where it begins, where its contents do, and its type. */
type Box = { readonly at: number; readonly end: number; readonly type: string };

const PARENTS = new Set(['moov', 'trak', 'mdia', 'minf', 'stbl', 'moof', 'traf', 'edts', 'dinf', 'udta', 'mvex']);

function boxesOf(bytes: Buffer, from = 0, to = bytes.length): Box[] {
  const boxes: Box[] = [];
  for (let at = from; at + 8 <= to; ) {
    const size = bytes.readUInt32BE(at);
    const end = size < 8 ? to : Math.min(to, at + size);
    const type = bytes.toString('latin1', at + 4, at + 8);
    boxes.push({ at, end, type });
    if (PARENTS.has(type)) boxes.push(...boxesOf(bytes, at + 8, end));
    at = end;
  }
  return boxes;
}

/** The mp4 with its first track so many times. */
export function withTracks(mp4: Buffer, count: number): Buffer {
  const [moov, track] = ['moov', 'trak'].map((type) => boxesOf(mp4).find((box) => box.type === type) as Box) as [Box, Box];
  const tracks = Array.from({ length: count - 1 }, () => mp4.subarray(track.at, track.end));
  const whole = Buffer.concat([mp4.subarray(0, track.end), ...tracks, mp4.subarray(track.end)]);
  whole.writeUInt32BE(moov.end - moov.at + tracks.length * (track.end - track.at), moov.at);
  return whole;
}

/** A whole PNG, all black. */
export function blackPng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8); // 8 bits, grey
  const chunk = (name: string, body: Buffer): Buffer => {
    const named = Buffer.concat([Buffer.from(name), body]);
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    length.writeUInt32BE(body.length);
    sum.writeUInt32BE(crc32(named));
    return Buffer.concat([length, named, sum]);
  };
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc((width + 1) * height))), chunk('IEND', Buffer.alloc(0))]);
}

function boxOf(bytes: Buffer, random: Random): Box | undefined {
  const boxes = boxesOf(bytes).filter(({ type }) => type !== 'mdat');
  return boxes.length > 0 ? random.pick(boxes) : undefined;
}

const boxSize: Mutation = (bytes, random) => {
  const box = boxOf(bytes, random);
  if (box) bytes.writeUInt32BE(edge(random), box.at);
  return bytes;
};

/** Counts, sizes and offsets stand in the first words of most boxes: `stsz` has a count of samples, `stsd` of codecs, `tkhd` a size. */
const boxNumber: Mutation = (bytes, random) => {
  const box = boxOf(bytes, random);
  const words = box ? Math.floor((box.end - box.at - 8) / 4) : 0;
  if (box && words > 0) bytes.writeUInt32BE(edge(random), box.at + 8 + 4 * random.below(Math.min(words, 64)));
  return bytes;
};

const boxAgain: Mutation = (bytes, random) => {
  const box = boxOf(bytes, random);
  if (!box) return bytes;
  const copies = Array.from({ length: random.length(64) }, () => bytes.subarray(box.at, box.end));
  return Buffer.concat([bytes.subarray(0, box.at), ...copies, bytes.subarray(box.at)]);
};

const boxType: Mutation = (bytes, random) => {
  const boxes = boxesOf(bytes);
  if (boxes.length > 0) bytes.write(random.pick(boxes).type, random.pick(boxes).at + 4, 'latin1');
  return bytes;
};

const MP4 = [boxSize, boxNumber, boxNumber, boxAgain, boxType];

const PACKET = 188;

const tsPacket: Mutation = (bytes, random) => {
  const at = PACKET * random.below(Math.floor(bytes.length / PACKET));
  const packet = bytes.subarray(at, at + PACKET);
  switch (random.below(4)) {
    case 0: return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + PACKET)]);
    case 1: return Buffer.concat([bytes.subarray(0, at), packet, bytes.subarray(at)]);
    case 2: { packet.set(random.bytes(4), 1); return bytes; }
    default: { packet.writeUInt32BE(edge(random), Math.min(packet.length - 4, 4 + random.below(32))); return bytes; }
  }
};

const TS = [tsPacket, tsPacket, tsPacket];

/** Sides of JPEG's frame header (marker 0xffc0 or 0xffc2): at 5 the height, at 7 the width, each in two bytes. */
const jpegSize: Mutation = (bytes, random) => {
  const at = Math.max(bytes.indexOf(Buffer.of(0xff, 0xc0)), bytes.indexOf(Buffer.of(0xff, 0xc2)));
  if (at >= 0 && at + 9 <= bytes.length) bytes.writeUInt16BE(random.pick([0, 1, 0x4000, 0x4001, 0xffff]), at + random.pick([5, 7]));
  return bytes;
};

const jpegSegment: Mutation = (bytes, random) => {
  const markers: number[] = [];
  for (let at = bytes.indexOf(0xff); at >= 0 && at + 4 <= bytes.length; at = bytes.indexOf(0xff, at + 1)) if ((bytes[at + 1] ?? 0) >= 0xc0) markers.push(at);
  if (markers.length > 0) bytes.writeUInt16BE(edge(random) & 0xffff, random.pick(markers) + 2);
  return bytes;
};

const JPEG = [jpegSize, jpegSize, jpegSegment, jpegSegment];

/** Of a chunk of a PNG: length, name, contents, checksum. With a checksum that fits, the contents are believed. */
const pngChunk: Mutation = (bytes, random) => {
  const chunks: number[] = [];
  for (let at = 8; at + 12 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) chunks.push(at);
  if (chunks.length === 0) return bytes;
  const at = random.pick(chunks);
  const length = bytes.readUInt32BE(at);
  if (random.below(3) === 0) bytes.writeUInt32BE(edge(random), at);
  else if (length >= 4 && at + 12 + length <= bytes.length) {
    bytes.writeUInt32BE(edge(random), at + 8 + (length >= 8 ? 4 * random.below(2) : 0));
    bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, at + 8 + length)), at + 8 + length);
  }
  return bytes;
};

const PNG = [pngChunk, pngChunk, pngChunk];

/** What a format has beside the mutations of any bytes, by the ending of a file's name. */
export const OF_MEDIA: Readonly<Record<string, readonly Mutation[]>> = { '.mp4': MP4, '.m4a': MP4, '.ts': TS, '.jpg': JPEG, '.mjpeg': JPEG, '.avi': JPEG, '.png': PNG };
