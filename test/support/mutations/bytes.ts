import type { Random } from './random.js';

/** Changes bytes, whatever they are; gives the same or new memory, and may be given the same again. */
export type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Numbers at which programs that count bytes go wrong. */
const EDGES = [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff];

/** A number from the edges, or any of 32 bits. */
export function edge(random: Random): number {
  return random.below(4) === 0 ? random.below(2 ** 32) : random.pick(EDGES);
}

const flipBits: Mutation = (bytes, random) => {
  for (let i = random.length(32); i > 0; i -= 1) {
    const at = random.below(bytes.length);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  }
  return bytes;
};

const truncate: Mutation = (bytes, random) => bytes.subarray(0, random.below(bytes.length));

/** Most bytes that a mutation moves at once. */
const BLOCK = 4096;

const removeBlock: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.length(BLOCK))]);
};

const insertNoise: Mutation = (bytes, random) => {
  const at = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, at), random.bytes(random.length(BLOCK / 8)), bytes.subarray(at)]);
};

const repeatBlock: Mutation = (bytes, random) => {
  const [from, to] = [random.below(bytes.length), random.below(bytes.length)];
  const block = bytes.subarray(from, from + random.length(BLOCK));
  return Buffer.concat([bytes.subarray(0, to), ...Array.from({ length: random.length(16) }, () => block), bytes.subarray(to)]);
};

const fillBlock: Mutation = (bytes, random) => bytes.fill(random.pick([0, 0xff, 0x41]), random.below(bytes.length), random.below(bytes.length));

const setNumber: Mutation = (bytes, random) => {
  const width = random.pick([1, 2, 4]);
  if (bytes.length < width) return bytes;
  const at = random.below(bytes.length - width + 1);
  const value = edge(random) % 2 ** (8 * width);
  if (random.below(2) === 0) bytes.writeUIntBE(value, at, width);
  else bytes.writeUIntLE(value, at, width);
  return bytes;
};

/** Most formats say at their beginning what they are and how large. */
const setNumberAhead: Mutation = (bytes, random) => {
  const head = bytes.subarray(0, 256);
  head.set(setNumber(head, random));
  return bytes;
};

/** For files of any kind. */
export const ANY: readonly Mutation[] = [flipBits, flipBits, truncate, removeBlock, insertNoise, repeatBlock, fillBlock, setNumber, setNumber, setNumberAhead, setNumberAhead];
