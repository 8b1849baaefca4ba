import { ANY, edge, type Mutation } from './bytes.js';
import type { Random } from './random.js';

/** A field of a message: its tag, and what stands behind: a number's bytes, or the contents without their length. */
type Field = { readonly tag: number; readonly body: Buffer };

const LENGTH_WIRE_TYPE = 2;

/** The fields of a message; undefined where the bytes are none. */
function fieldsOf(bytes: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = readVarint(bytes, at);
    if (tag === undefined || tag.value < 8) return undefined;
    const end = endOf(bytes, tag);
    if (end === undefined || end.to > bytes.length) return undefined;
    fields.push({ tag: tag.value, body: bytes.subarray(end.from, end.to) });
    at = end.to;
  }
  return fields;
}

function endOf(bytes: Buffer, tag: { readonly value: number; readonly end: number }): { readonly from: number; readonly to: number } | undefined {
  const from = tag.end;
  switch (tag.value & 7) {
    case 0: { const number = readVarint(bytes, from); return number && { from, to: number.end }; }
    case 1: return { from, to: from + 8 };
    case 2: { const length = readVarint(bytes, from); return length && { from: length.end, to: length.end + length.value }; }
    case 5: return { from, to: from + 4 };
    default: return undefined;
  }
}

function readVarint(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[at + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: at + i + 1 };
  }
  return undefined;
}

/** A whole number as protobuf writes it; negative ones as 64 bits. */
function varint(value: number | bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? byte | 0x80 : byte);
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function written({ tag, body }: Field): Buffer {
  return (tag & 7) === LENGTH_WIRE_TYPE ? Buffer.concat([varint(tag), varint(body.length), body]) : Buffer.concat([varint(tag), body]);
}

const NUMBERS = [0n, 1n, 2n, -1n, 127n, 255n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 32n, 2n ** 33n, 2n ** 40n, 2n ** 62n, 2n ** 63n - 1n, -(2n ** 63n)];

/** Changes one field, somewhere deep; all lengths around it stay right, so that what reads it comes to the change. */
const field: Mutation = (bytes, random) => {
  const fields = fieldsOf(bytes);
  if (!fields || fields.length === 0) return bytes;
  const at = random.below(fields.length);
  const changed = changedField(fields[at] as Field, random);
  return Buffer.concat([...fields.slice(0, at), ...changed, ...fields.slice(at + 1)].map(written));
};

function changedField(given: Field, random: Random): readonly Field[] {
  const { tag, body } = given;
  const hasLength = (tag & 7) === LENGTH_WIRE_TYPE;
  // most of a model is deep inside
  if (hasLength && random.below(5) > 0 && fieldsOf(body) !== undefined && body.length > 0) return [{ tag, body: field(body, random) }];
  switch (random.below(5)) {
    case 0: return [];
    case 1: return Array.from({ length: 1 + random.length(200) }, () => given);
    case 2: return [given, { tag: ((1 + random.below(20)) << 3) | (tag & 7), body }];
    default: return [{ tag, body: changedBody(given, random) }];
  }
}

function changedBody({ tag, body }: Field, random: Random): Buffer {
  if ((tag & 7) !== LENGTH_WIRE_TYPE) return (tag & 7) === 0 ? varint(random.pick(NUMBERS)) : random.bytes(body.length);
  switch (random.below(3)) {
    case 0: return Buffer.alloc(random.length(2 ** 16), 0x61);
    case 1: return random.pick(ANY)(Buffer.from(body.length > 0 ? body : [0]), random);
    default: return random.bytes(random.length(64));
  }
}

/** A length in the middle that is not true. */
const length: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), varint(edge(random)), bytes.subarray(at + 1)]);
};

/** For ONNX models, and all that is written as protobuf. */
export const OF_PROTOBUF: readonly Mutation[] = [field, field, field, field, field, field, length];
