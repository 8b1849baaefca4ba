import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Writer } from 'protobufjs/minimal.js';

import { readModelFacts } from '../../../../dist/runtime/algo/onnx/index.js';
import { readModelHeader } from '../../../../dist/runtime/algo/onnx/model-header.js';
import { dataPath } from '../../../support/data.js';

/** A field with bytes or a text in it. */
function field(number: number, content: Uint8Array | string): Uint8Array {
  const writer = Writer.create().uint32((number << 3) | 2);
  return typeof content === 'string' ? writer.string(content).finish() : writer.bytes(content).finish();
}

function property(key: string, value: string): Uint8Array {
  return field(14, Buffer.concat([field(1, key), field(2, value)]));
}

function opset(domain: string, version: number): Uint8Array {
  return field(8, Buffer.concat([field(1, domain), Writer.create().uint32(2 << 3).uint32(version).finish()]));
}

const IR_VERSION = Uint8Array.of(0x08, 0x07);

describe('algo/onnx/model-header', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'header-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  function write(...parts: readonly Uint8Array[]): string {
    const path = join(folder, 'model.onnx');
    writeFileSync(path, Buffer.concat(parts));
    return path;
  }

  it('reads metadata, producer and operators, whatever their order around the graph', async () => {
    const path = write(IR_VERSION, property('task', 'detect'), field(2, 'maker'), field(7, field(5, new Uint8Array(200_000))), field(3, '1.2'), opset('com.microsoft', 1), opset('', 17), property('names', "{0: 'a'}"));
    assert.deepEqual(await readModelHeader(path), { metadata: { task: 'detect', names: "{0: 'a'}" }, opset: 17, producer: 'maker 1.2' });
  });

  it('leaves weights of 2 GB unread', async () => {
    const size = 2 ** 31;
    const head = Buffer.concat([IR_VERSION, property('task', 'detect')]);
    const tag = (number: number, before: number): Uint8Array => Writer.create().uint32((number << 3) | 2).uint32(size - before - 6).finish();
    const [graph, weights] = [tag(7, head.length), tag(5, head.length + 6)];
    assert.deepEqual([graph.length, weights.length], [6, 6]);
    const path = write(head, graph, weights);
    truncateSync(path, size);
    const before = process.memoryUsage.rss();
    assert.deepEqual((await readModelHeader(path)).metadata, { task: 'detect' });
    assert.ok(process.memoryUsage.rss() - before < 500e6);
  });

  it('more than 2 GB is MODEL_LOAD_FAILED, with the way out', async () => {
    const path = write(IR_VERSION);
    truncateSync(path, 2 ** 31 + 1);
    await assert.rejects(readModelHeader(path), { code: 'MODEL_LOAD_FAILED', message: /external data/ });
  });

  it('skips what it does not know, of any wire type', async () => {
    const path = write(Uint8Array.of((99 & 15) << 3, 0x05), Uint8Array.of((6 << 3) | 1, 1, 2, 3, 4, 5, 6, 7, 8), Uint8Array.of((4 << 3) | 5, 1, 2, 3, 4), field(5, 'x'), property('a', 'b'));
    assert.deepEqual((await readModelHeader(path)).metadata, { a: 'b' });
  });

  it('a property without value, or broken within, does no harm', async () => {
    const path = write(IR_VERSION, field(14, field(1, 'key')), field(14, Uint8Array.of(0x0a, 0xff)), property('a', 'b'));
    assert.deepEqual((await readModelHeader(path)).metadata, { key: '', '': '', a: 'b' });
  });

  it('a property of five megabytes is left out, the others stay', async () => {
    assert.deepEqual((await readModelHeader(write(IR_VERSION, property('big', 'x'.repeat(5 << 20)), property('a', 'b')))).metadata, { a: 'b' });
  });

  it('metadata without end is cut at sixteen megabytes', async () => {
    const parts = Array.from({ length: 12 }, (_, i) => property(`key${i}`, 'x'.repeat(2 << 20)));
    assert.equal(Object.keys((await readModelHeader(write(IR_VERSION, ...parts))).metadata).length, 7);
  });

  const BROKEN = [
    { what: 'a length beyond the end', bytes: Uint8Array.of(0x08, 0x07, 0x3a, 0xff, 0xff, 0xff, 0x7f), says: /broken off: it should have at least 268435462 bytes and has 7/ },
    { what: 'a number without end', bytes: Uint8Array.of(0x08, 0xff, 0xff), says: /no known field at byte 0/ },
    { what: 'field 0', bytes: Uint8Array.of(0x08, 0x07, 0x00, 0x01), says: /no known field at byte 2/ },
    { what: 'a wire type that is not used', bytes: Uint8Array.of(0x08, 0x07, 0x0b), says: /no known field at byte 2/ },
  ];
  for (const { what, bytes, says } of BROKEN) {
    it(`${what} is MODEL_LOAD_FAILED`, async () => {
      await assert.rejects(readModelHeader(write(bytes)), { code: 'MODEL_LOAD_FAILED', message: says });
    });
  }

  it('facts of a real model: tensors from the session, the rest from the file', async () => {
    const facts = await readModelFacts(dataPath('models/variants/yolox_nano_yolov8fmt.onnx'));
    assert.deepEqual(facts.inputs, [{ name: 'images', dtype: 'float32', shape: ['batch', 3, 416, 416] }]);
    assert.deepEqual(facts.outputs, [{ name: 'output0', dtype: 'float32', shape: ['batch', 84, 3549] }]);
    assert.equal(facts.opset, 12);
    assert.equal(facts.producer, 'make_variants.py');
    assert.equal(facts.metadata['task'], 'detect');
    assert.equal(facts.metadata['imgsz'], '[416, 416]');
    assert.match(facts.metadata['names'] ?? '', /^\{0: 'person'/);
  });
});
