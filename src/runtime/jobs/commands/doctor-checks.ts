import { access, constants, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { defaultCacheFolder, openModelSession } from '../../algo/index.js';
import { type MediaBackend, openBackend } from '../../media/index.js';
import type { YuvPlanes } from '../../vision/index.js';

/** Something that this machine may be able to do. */
export type Check = {
  /** As the table shows it. */
  readonly name: string;
  /** What it gives, of which one is enough; absent: nice to have. */
  readonly gives?: 'decoding' | 'encoding' | 'inference';
  /** Resolves with a short description; rejects with why not. Runs in a process of its own. */
  readonly run: () => Promise<string>;
  /** The way out where it does not work. */
  readonly advice?: string;
};

const ADVICE = {
  libav: 'npm install node-av (prebuilt for Linux with glibc, macOS and Windows on x64 and arm64); the ffmpeg program stands in for it',
  ffmpeg: 'install it with the system\'s packages (apt install ffmpeg, apk add ffmpeg, brew install ffmpeg), or set FFMPEG_BIN to its path',
  // its install script fetches GPU libraries; where it cannot, npm leaves the whole package out without a word
  onnx: 'ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node (no binary for musl, armv7 and macOS on Intel: WebAssembly does the work there)',
  wasm: 'npm install onnxruntime-web',
  cache: 'set STREAM_INFER_CACHE to a folder that can be written',
} as const;

/** All that is checked, in the table's order. */
export const CHECKS: readonly Check[] = [
  { name: 'libav', gives: 'decoding', run: async () => (await open('libav')).version, advice: ADVICE.libav },
  { name: 'ffmpeg program', gives: 'decoding', run: async () => (await open('ffmpeg')).version, advice: ADVICE.ffmpeg },
  { name: 'H.264 encoder (libav)', gives: 'encoding', run: async () => encodeOnePicture(await open('libav')), advice: ADVICE.libav },
  { name: 'H.264 encoder (ffmpeg)', gives: 'encoding', run: async () => encodeOnePicture(await open('ffmpeg')), advice: ADVICE.ffmpeg },
  { name: 'onnxruntime-node', gives: 'inference', run: () => runOn('cpu'), advice: ADVICE.onnx },
  { name: 'onnxruntime-web', gives: 'inference', run: () => runOn('wasm'), advice: ADVICE.wasm },
  ...accelerators().map((provider) => ({ name: `execution provider ${provider}`, run: () => runOn(provider) })),
  { name: 'model cache', run: checkCache, advice: ADVICE.cache },
];

/** Execution providers besides the CPU that ONNX Runtime has for this system. */
function accelerators(): readonly string[] {
  if (process.platform === 'darwin') return ['coreml', 'webgpu'];
  return process.platform === 'win32' ? ['dml', 'cuda', 'webgpu'] : ['cuda', 'tensorrt', 'webgpu'];
}

/** An ONNX model (opset 13) whose only node is `Identity`, from `x` to `y`, both float[1]. */
const IDENTITY_MODEL = 'CAg6NwoQCgF4EgF5IghJZGVudGl0eRIBZ1oPCgF4EgoKCAgBEgQKAggBYg8KAXkSCgoICAESBAoCCAFCAhAN';

async function runOn(provider: string): Promise<string> {
  const session = await openModelSession({ model: { bytes: Buffer.from(IDENTITY_MODEL, 'base64') }, executionProviders: [provider] });
  const [output] = await session.run([{ name: 'x', dtype: 'float32', shape: [1], data: new Float32Array([7]).buffer }]);
  await session.close();
  if (session.executionProvider !== provider) throw new Error(session.warning ?? `it runs on ${session.executionProvider} instead`);
  if (output?.data[0] !== 7) throw new Error('it computes wrongly');
  return `runs models on ${provider}`;
}

async function open(backend: MediaBackend['name']): Promise<MediaBackend> {
  return (await openBackend({ backend })).backend;
}

const GREY_PICTURE: YuvPlanes = {
  width: 64,
  height: 64,
  planes: [new Uint8Array(64 * 64).fill(128), new Uint8Array(32 * 32).fill(128), new Uint8Array(32 * 32).fill(128)],
  strides: [64, 32, 32],
};

async function encodeOnePicture(backend: MediaBackend): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'stream-infer-'));
  try {
    const path = join(folder, 'picture.mp4');
    const encoder = await backend.openEncoder({ path, width: 64, height: 64, fps: { num: 25, den: 1 }, crf: 23, preset: 'veryfast', threads: 1 });
    await encoder.write(GREY_PICTURE, 0);
    await encoder.close();
    return `writes mp4 (${(await stat(path)).size} bytes for one picture)`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function checkCache(): Promise<string> {
  const folder = defaultCacheFolder();
  await mkdir(folder, { recursive: true });
  await access(folder, constants.W_OK);
  return folder;
}
