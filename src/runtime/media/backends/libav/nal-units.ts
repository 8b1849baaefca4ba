const START_CODE = Buffer.from([0, 0, 1]);

/**
 * Bytes of the length before each NAL unit, from a decoder configuration record (avcC, hvcC), whose byte at `at` holds it;
 * undefined where units are told apart by start codes (Annex B).
 */
export function nalLengthBytes(extradata: Buffer | null, at: number): number | undefined {
  return extradata?.[0] === 1 ? ((extradata[at] ?? 3) & 3) + 1 : undefined;
}

/** The NAL units of a packet, without their lengths or start codes; views into `data`. What does not fit is left out. */
export function nalUnits(data: Buffer, lengthBytes: number | undefined): Iterable<Uint8Array> {
  return lengthBytes === undefined ? unitsByStartCode(data) : unitsByLength(data, lengthBytes);
}

function* unitsByLength(data: Buffer, lengthBytes: number): Generator<Uint8Array> {
  for (let at = 0; at + lengthBytes < data.length; ) {
    const start = at + lengthBytes;
    const size = data.readUIntBE(at, lengthBytes);
    if (size === 0 || start + size > data.length) return;
    yield data.subarray(start, start + size);
    at = start + size;
  }
}

function* unitsByStartCode(data: Buffer): Generator<Uint8Array> {
  let start = data.indexOf(START_CODE);
  while (start >= 0) {
    const from = start + START_CODE.length;
    const next = data.indexOf(START_CODE, from);
    yield data.subarray(from, next < 0 ? data.length : next);
    start = next;
  }
}
