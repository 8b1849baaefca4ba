import { type FileHandle, open } from 'node:fs/promises';

import { Reader } from 'protobufjs/minimal.js';

import { MAX_METADATA_BYTES, MAX_METADATA_FIELD_BYTES, MAX_MODEL_BYTES, MAX_MODEL_FIELDS, StreamInferError } from '../../base/index.js';
import { GraphCount } from './graph-count.js';
import type { ModelHeader } from './model-facts.js';

/** Numbers of the fields of ONNX's `ModelProto` that are read (onnx.proto). */
const FIELD = { producerName: 2, producerVersion: 3, opsetImport: 8, metadataProps: 14 } as const;
/** Of the graph only its parts are counted. */
const GRAPH = 7;
const WINDOW_BYTES = 64 << 10;
/** Longest tag and length of a field: two varints. */
const MAX_FIELD_HEAD_BYTES = 20;

type Header = { metadata: Record<string, string>; opset?: number; name: string; version: string; metadataBytes: number };
type Field = { readonly number: number; readonly wireType: number; readonly start: number; readonly end: number };

/**
 * What the file says of itself, its weights left unread, so that the size of the file does not matter. Throws `MODEL_NOT_FOUND`, and
 * `MODEL_LOAD_FAILED` in words for what is commonly found instead of a model, and for more parts than are taken: the runtime would take hours.
 */
export async function readModelHeader(path: string): Promise<ModelHeader> {
  const file = await openModelFile(path);
  try {
    const { size } = await file.stat();
    const window = new Window(file, size);
    refuseOtherFiles(path, size, await window.at(0, 256));
    const header: Header = { metadata: {}, name: '', version: '', metadataBytes: 0 };
    let fields = 0;
    for await (const field of fieldsOf(window, { from: 0, to: size, path })) {
      fields += 1;
      if (fields > MAX_MODEL_FIELDS) throw new StreamInferError('MODEL_LOAD_FAILED', `${path} has more than ${MAX_MODEL_FIELDS} pieces beside its graph; export it anew`);
      if (field.number === GRAPH && field.wireType === 2) await countGraph(window, { from: field.start, to: field.end, path });
      else if (isWanted(field)) takeField(header, field.number, await window.at(field.start, field.end - field.start));
    }
    return finished(header);
  } finally {
    await file.close();
  }
}

async function openModelFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? String(cause);
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new StreamInferError('MODEL_NOT_FOUND', `no model at ${path}`, { cause });
    throw new StreamInferError('MODEL_LOAD_FAILED', `cannot read ${path} (${code})`, { cause });
  }
  await file.close();
  throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is no file; expected the path of an .onnx file`);
}

type Part = { readonly from: number; readonly to: number; readonly path: string };

/** The fields of a message that is a part of the file. */
async function* fieldsOf(window: Window, { from, to, path }: Part): AsyncGenerator<Field> {
  for (let position = from; position < to;) {
    const head = window.read(position, MAX_FIELD_HEAD_BYTES) ?? (await window.at(position, MAX_FIELD_HEAD_BYTES));
    const field = readFieldHead(head, position);
    if (!field) throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is no ONNX model (no known field at byte ${position})`);
    if (field.end > to) {
      throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is broken off: it should have at least ${field.end} bytes and has ${to}; fetch it again`);
    }
    yield field;
    position = field.end;
  }
}

async function countGraph(window: Window, part: Part): Promise<void> {
  const count = new GraphCount(part.path);
  for await (const { number } of fieldsOf(window, part)) count.add(number);
}

function refuseOtherFiles(path: string, size: number, start: Uint8Array): void {
  if (size > MAX_MODEL_BYTES) throw new StreamInferError('MODEL_LOAD_FAILED', `${path} has ${size} bytes, an ONNX file has at most ${MAX_MODEL_BYTES}: export the weights into files of their own (external data)`);
  if (size === 0) throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is empty; fetch it again`);
  const text = Buffer.from(start).toString('latin1');
  if (text.startsWith('version https://git-lfs')) {
    throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is a Git LFS pointer, not the model itself; fetch the model with "git lfs pull"`);
  }
  // An ONNX file begins with a control character (the tag of its first field), a text never does.
  if (/^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(text)) {
    // what stands in it is nobody's business: any path may be given as a model
    const kind = /^\s*<(!doctype|html|\?xml)/i.test(text) ? 'a web page' : /^\s*[{[]/.test(text) ? 'JSON' : 'a text';
    throw new StreamInferError('MODEL_LOAD_FAILED', `${path} is ${kind}, not an ONNX model; fetch the file itself, or give another path`);
  }
}

/** Where the field at the start of `bytes` (byte `position` of the file) begins and ends; undefined where there is none. */
function readFieldHead(bytes: Uint8Array, position: number): Field | undefined {
  const reader = Reader.create(bytes);
  try {
    const tag = reader.uint32();
    const number = tag >>> 3;
    const wireType = tag & 7;
    if (number === 0) return undefined;
    if (wireType === 0) reader.skipType(0);
    else if (wireType === 1) reader.pos += 8;
    else if (wireType === 5) reader.pos += 4;
    else if (wireType !== 2) return undefined;
    const length = wireType === 2 ? reader.uint32() : 0;
    const start = position + reader.pos;
    return { number, wireType, start, end: start + length };
  } catch {
    return undefined;
  }
}

function isWanted(field: Field): boolean {
  const wanted: readonly number[] = Object.values(FIELD);
  return field.wireType === 2 && wanted.includes(field.number) && field.end - field.start <= MAX_METADATA_FIELD_BYTES;
}

function takeField(header: Header, number: number, body: Uint8Array): void {
  if (number === FIELD.producerName) header.name = textOf(body);
  if (number === FIELD.producerVersion) header.version = textOf(body);
  if (number === FIELD.opsetImport) {
    const { first, second } = readPair(body);
    if (first === '' || first === 'ai.onnx') header.opset = Number(second);
  }
  if (number === FIELD.metadataProps && header.metadataBytes + body.length <= MAX_METADATA_BYTES) {
    const { first, second } = readPair(body);
    header.metadata[first] = second;
    header.metadataBytes += body.length;
  }
}

/** Fields 1 and 2 of a message, as text: key and value of a property, domain and version of a set of operators. */
function readPair(body: Uint8Array): { first: string; second: string } {
  const pair = { first: '', second: '' };
  const reader = Reader.create(body);
  try {
    while (reader.pos < reader.len) {
      const tag = reader.uint32();
      if (tag === ((1 << 3) | 2)) pair.first = textOf(reader.bytes());
      else if (tag === ((2 << 3) | 2)) pair.second = textOf(reader.bytes());
      else if (tag === 2 << 3) pair.second = String(reader.uint32());
      else reader.skipType(tag & 7);
    }
  } catch {
    // A damaged property is left as far as it was read: the model may run all the same.
  }
  return pair;
}

function finished(header: Header): ModelHeader {
  const producer = `${header.name} ${header.version}`.trim();
  return {
    metadata: header.metadata,
    ...(header.opset === undefined ? {} : { opset: header.opset }),
    ...(producer === '' ? {} : { producer }),
  };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** Reads a file in pieces, so that many small fields do not make many small reads. */
class Window {
  readonly #file: FileHandle;
  readonly #size: number;
  #start = 0;
  #bytes = new Uint8Array(0);

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  /** As `at`, where those bytes are here already. */
  read(position: number, length: number): Uint8Array | undefined {
    const end = Math.min(this.#size, position + length);
    if (position < this.#start || end > this.#start + this.#bytes.length) return undefined;
    return this.#bytes.subarray(position - this.#start, end - this.#start);
  }

  /** `length` bytes from `position`, fewer at the end of the file. Valid until the next call. */
  async at(position: number, length: number): Promise<Uint8Array> {
    const known = this.read(position, length);
    if (known) return known;
    const bytes = new Uint8Array(Math.max(WINDOW_BYTES, Math.min(this.#size - position, length)));
    const { bytesRead } = await this.#file.read(bytes, 0, bytes.length, position);
    this.#bytes = bytes.subarray(0, bytesRead);
    this.#start = position;
    return this.#bytes.subarray(0, Math.min(bytesRead, length));
  }
}
