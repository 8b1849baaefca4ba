import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

import { openModelSession } from '../../../../dist/runtime/algo/onnx/index.js';
import { runtimeMessage } from '../../../../dist/runtime/algo/onnx/runtime.js';
import { dataPath } from '../../../support/data.js';

const YOLOX = dataPath('models/det/yolox_nano_416.onnx');

function feed(data: ArrayBuffer = new ArrayBuffer(3 * 416 * 416 * 4)) {
  return [{ name: 'images', dtype: 'float32' as const, shape: [1, 3, 416, 416], data }];
}

describe('algo/onnx/session', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'session-test-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('tells what the model has, what runs it, and runs it', async () => {
    const session = await openModelSession({ model: { path: YOLOX } });
    assert.deepEqual(session.inputs, [{ name: 'images', dtype: 'float32', shape: [1, 3, 416, 416] }]);
    assert.deepEqual(session.outputs, [{ name: 'output', dtype: 'float32', shape: [1, 3549, 85] }]);
    assert.equal(session.executionProvider, 'cpu');
    assert.equal(session.runtime, 'onnxruntime-node');
    assert.equal(session.warning, undefined);
    const [output] = await session.run(feed());
    assert.deepEqual(output?.shape, [1, 3549, 85]);
    assert.equal(output.data.length, 3549 * 85);
    await session.close();
  });

  it('opens a model from bytes, in both runtimes', async () => {
    for (const executionProviders of [['cpu'], ['wasm']]) {
      const session = await openModelSession({ model: { bytes: readFileSync(dataPath('models/tiny/mnist.onnx')) }, executionProviders, threads: 2 });
      const [output] = await session.run([{ name: 'Input3', dtype: 'float32', shape: [1, 1, 28, 28], data: new ArrayBuffer(28 * 28 * 4) }]);
      assert.equal(output?.data.length, 10);
      await session.close();
    }
  });

  it('gives other numbers than float32 as float32, too', async () => {
    const session = await openModelSession({ model: { path: dataPath('models/tiny/onnx_test_argmax_default_axis_example/model.onnx') } });
    const [output] = await session.run([{ name: 'data', dtype: 'float32', shape: [2, 2], data: Float32Array.of(2, 1, 3, 10).buffer }]);
    assert.deepEqual([...(output?.data ?? [])], [1, 1]);
    assert.ok(output?.data instanceof Float32Array);
    await session.close();
  });

  it('free sides have their names', async () => {
    const session = await openModelSession({ model: { path: dataPath('models/variants/yolox_nano_raw_dynamic.onnx') } });
    assert.deepEqual(session.inputs[0]?.shape, ['batch', 3, 'height', 'width']);
    await session.close();
  });

  for (const missing of ['cuda', 'no-such-provider', 'coreml']) {
    it(`a provider that is not there (${missing}) is named in a warning, and cpu runs`, async () => {
      const session = await openModelSession({ model: { path: YOLOX }, executionProviders: [missing] });
      assert.equal(session.executionProvider, 'cpu');
      assert.match(session.warning ?? '', new RegExp(`^runs on cpu: ${missing}: `));
      assert.equal((await session.run(feed())).length, 1);
      await session.close();
    });
  }

  it('of what CUDA says the reason is told, not the signature of the function that asked', () => {
    const said = 'std::conditional_t<THRW, void, Status> onnxruntime::CudaCall(ERRTYPE, const char*) [with bool THRW = true] CUDA failure 101: invalid device ordinal ; GPU=7 ; hostname=box ; line=32 ; expr=cudaSetDevice(7);';
    assert.equal(runtimeMessage(new Error(said)), 'CUDA failure 101: invalid device ordinal');
  });

  it('a provider gets its own settings, and no other does: what it refuses is told, and cpu runs', async () => {
    const session = await openModelSession({
      model: { path: YOLOX }, executionProviders: ['webgpu'], providerOptions: { webgpu: { flavour: 'strong' }, cpu: { flavour: 'mild' } },
    });
    assert.equal(session.executionProvider, 'cpu');
    assert.match(session.warning ?? '', /^runs on cpu: webgpu: .*unrecognized option: 'flavour'/);
    await session.close();
  });

  it('wasm runs the same numbers as native code, and says what it is', async () => {
    const data = Float32Array.from({ length: 3 * 416 * 416 }, (_, i) => (i * 37) % 256).buffer;
    const outputs: Float32Array[] = [];
    for (const provider of ['cpu', 'wasm']) {
      const session = await openModelSession({ model: { path: YOLOX }, executionProviders: [provider] });
      assert.equal(session.executionProvider, provider);
      assert.equal(session.runtime, provider === 'wasm' ? 'onnxruntime-web' : 'onnxruntime-node');
      outputs.push((await session.run(feed(data)))[0]?.data ?? new Float32Array());
      await session.close();
    }
    const [native = new Float32Array(), wasm = new Float32Array()] = outputs;
    const difference = native.reduce((most, value, i) => Math.max(most, Math.abs(value - (wasm[i] ?? NaN))), 0);
    assert.equal(native.length, 3549 * 85);
    assert.ok(difference < 0.01, `numbers differ by ${difference}`);
  });

  it('without native code (as on musl) WebAssembly does it from its own files: no network, and a warning', () => {
    const session = resolve(__dirname, '../../../../dist/runtime/algo/onnx/session.js');
    const hook = `export async function resolve(name, context, next) { if (name === 'onnxruntime-node') throw new Error('libc.musl: not found'); return next(name, context); }`;
    const script = `
      import { register } from 'node:module';
      register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(hook)}`)});
      globalThis.fetch = () => { throw new Error('the network was asked'); };
      const { openModelSession } = await import(${JSON.stringify(session)});
      const opened = await openModelSession({ model: { path: ${JSON.stringify(YOLOX)} }, executionProviders: ['cuda', 'cpu'] });
      const [output] = await opened.run([{ name: 'images', dtype: 'float32', shape: [1, 3, 416, 416], data: new ArrayBuffer(3 * 416 * 416 * 4) }]);
      console.log(JSON.stringify([opened.runtime, opened.executionProvider, opened.warning, output.data.length]));
      await opened.close();`;
    const printed = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    const [runtime, provider, warning, length] = JSON.parse(printed) as [string, string, string, number];
    assert.deepEqual([runtime, provider, length], ['onnxruntime-web', 'wasm', 3549 * 85]);
    assert.match(warning, /^runs on wasm \(WebAssembly, several times slower\): onnxruntime-node cannot be loaded on this machine \(libc\.musl: not found\)$/);
  });

  const BAD = [
    { what: 'a missing file', make: () => 'nothing-there.onnx', code: 'MODEL_NOT_FOUND', says: /no model at / },
    { what: 'a folder', make: () => '.', code: 'MODEL_LOAD_FAILED', says: /is no file/ },
    { what: 'an empty file', make: () => dataPath('models/tiny/broken_empty.onnx'), code: 'MODEL_LOAD_FAILED', says: /is empty/ },
    { what: 'a Git LFS pointer', make: () => dataPath('models/tiny/broken_lfs_pointer.onnx'), code: 'MODEL_LOAD_FAILED', says: /Git LFS pointer/ },
    { what: 'random bytes', make: () => dataPath('models/tiny/broken_random.onnx'), code: 'MODEL_LOAD_FAILED', says: /is no ONNX model/ },
    { what: 'the start of a model', make: () => dataPath('models/tiny/broken_truncated.onnx'), code: 'MODEL_LOAD_FAILED', says: /broken off: it should have at least 998163 bytes and has 2000/ },
    { what: 'a web page', make: () => write('page.onnx', '<!DOCTYPE html><html>404</html>'), code: 'MODEL_LOAD_FAILED', says: /is a web page, not an ONNX model/ },
    { what: 'a text with umlauts', make: () => write('text.onnx', 'Schöne Grüße'), code: 'MODEL_LOAD_FAILED', says: /is a text/ },
    { what: 'a picture', make: () => dataPath('images/bus.jpg'), code: 'MODEL_LOAD_FAILED', says: /is no ONNX model|broken off|cannot load/ },
    { what: 'a video', make: () => dataPath('videos/small_classroom.mp4'), code: 'MODEL_LOAD_FAILED', says: /is no ONNX model|broken off|cannot load/ },
    { what: 'a good head without a graph', make: () => write('head.onnx', Buffer.from([0x08, 0x07, 0x12, 0x01, 0x41])), code: 'MODEL_LOAD_FAILED', says: /cannot load .*(cpu|wasm): .*[Gg]raph/ },
    { what: 'a path with a NUL', make: () => 'a\0b.onnx', code: 'MODEL_LOAD_FAILED', says: /cannot read/ },
  ];
  function write(name: string, content: string | Buffer): string {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  }
  for (const { what, make, code, says } of BAD) {
    for (const provider of ['cpu', 'wasm']) {
      it(`${what} is ${code} (${provider})`, async () => {
        const path = resolve(folder, make());
        await assert.rejects(openModelSession({ model: { path }, executionProviders: [provider] }), (error: Error & { code: string }) => {
          assert.equal(error.code, code, error.message);
          assert.match(error.message, says);
          return true;
        });
      });
    }
  }

  it('a hole of 2 GB with a good head is refused without reading it', async () => {
    const path = write('hole.onnx', Buffer.from([0x08, 0x07, 0x12, 0x01, 0x41]));
    truncateSync(path, 2 ** 31);
    await assert.rejects(openModelSession({ model: { path } }), { code: 'MODEL_LOAD_FAILED', message: /no known field at byte 5/ });
  });

  const BAD_FEEDS = [
    { what: 'too little data', feeds: feed(new ArrayBuffer(16)) },
    { what: 'data that is no whole number of floats', feeds: feed(new ArrayBuffer(15)) },
    { what: 'another shape', feeds: [{ ...feed()[0], name: 'images', dtype: 'float32' as const, shape: [1, 3, 208, 832], data: new ArrayBuffer(3 * 416 * 416 * 4) }] },
    { what: 'another type', feeds: [{ name: 'images', dtype: 'uint8' as const, shape: [1, 3, 416, 416], data: new ArrayBuffer(3 * 416 * 416) }] },
    { what: 'another name', feeds: [{ ...feed()[0], name: 'image', dtype: 'float32' as const, shape: [1, 3, 416, 416], data: new ArrayBuffer(3 * 416 * 416 * 4) }] },
    { what: 'nothing', feeds: [] },
  ];
  for (const { what, feeds } of BAD_FEEDS) {
    it(`${what} is MODEL_RUN_FAILED, and the session goes on`, async () => {
      const session = await openModelSession({ model: { path: YOLOX } });
      await assert.rejects(session.run(feeds), { code: 'MODEL_RUN_FAILED' });
      assert.equal((await session.run(feed())).length, 1);
      await session.close();
    });
  }

  it('closes twice, and runs no more after that', async () => {
    const session = await openModelSession({ model: { path: YOLOX } });
    await session.close();
    await session.close();
    await assert.rejects(session.run(feed()), { code: 'MODEL_RUN_FAILED', message: 'the model is closed' });
  });

  it('text outputs are MODEL_RUN_FAILED, not numbers', async () => {
    const session = await openModelSession({ model: { path: dataPath('models/tiny/onnx_test_cast_FLOAT_to_STRING/model.onnx') } });
    await assert.rejects(session.run([{ name: 'input', dtype: 'float32', shape: [3, 4], data: new ArrayBuffer(48) }]), { code: 'MODEL_RUN_FAILED', message: /string/ });
    await session.close();
  });
});
