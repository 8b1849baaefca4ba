/*
 * The little of Matroska (RFC 9559, on EBML, RFC 8794) that carries raw frames into the program: rawvideo has no time
 * stamps, Matroska has them in whole microseconds, so a variable rate goes through unchanged.
 */

export type RawVideo = {
  /** Pixels, even. */
  readonly width: number;
  readonly height: number;
  /** Frames a second; 0/1: not known. */
  readonly fps: { readonly num: number; readonly den: number };
};

const NANOSECONDS_A_TICK = 1000;

/** What goes first: a segment of unknown length with one track of yuv420p frames, limited range BT.601. */
export function matroskaHeader({ width, height, fps }: RawVideo): Buffer {
  const frameNs = fps.num > 0 ? [uint(0x23e383, Math.round((1e9 * fps.den) / fps.num))] : [];
  const ebml = element(0x1a45dfa3, uint(0x4286, 1), uint(0x42f7, 1), uint(0x42f2, 4), uint(0x42f3, 8), text(0x4282, 'matroska'), uint(0x4287, 4), uint(0x4285, 2));
  const info = element(0x1549a966, uint(0x2ad7b1, NANOSECONDS_A_TICK), text(0x4d80, 'stream-infer'), text(0x5741, 'stream-infer'));
  const colour = element(0x55b0, uint(0x55b1, 6), uint(0x55b9, 1));
  const video = element(0xe0, uint(0xb0, width), uint(0xba, height), text(0x2eb524, 'I420'), colour);
  const track = element(0xae, uint(0xd7, 1), uint(0x73c5, 1), uint(0x83, 1), text(0x86, 'V_UNCOMPRESSED'), ...frameNs, video);
  const segmentOfUnknownLength = Buffer.concat([idBytes(0x18538067), Buffer.from('01ffffffffffffff', 'hex')]);
  return Buffer.concat([ebml, segmentOfUnknownLength, info, element(0x1654ae6b, track)]);
}

/** What goes before each frame's `bytes`: a cluster of its own, so that its time has no limit. `timeUs` is not negative. */
export function frameHeader(timeUs: number, bytes: number): Buffer {
  const time = uint(0xe7, timeUs);
  const block = Buffer.concat([idBytes(0xa3), sizeBytes(bytes + 4), Buffer.from([0x81, 0, 0, 0x80])]);
  return Buffer.concat([idBytes(0x1f43b675), sizeBytes(time.length + block.length + bytes), time, block]);
}

function element(id: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([idBytes(id), sizeBytes(body.length), body]);
}

function text(id: number, value: string): Buffer {
  return element(id, Buffer.from(value, 'latin1'));
}

function uint(id: number, value: number): Buffer {
  const body = Buffer.alloc(8);
  body.writeBigUInt64BE(BigInt(value));
  return element(id, body);
}

/** An id carries its length in its own first bits. */
function idBytes(id: number): Buffer {
  const hex = id.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

/** Always in eight bytes, of which the first marks the length. */
function sizeBytes(size: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(size));
  bytes[0] = 1;
  return bytes;
}
