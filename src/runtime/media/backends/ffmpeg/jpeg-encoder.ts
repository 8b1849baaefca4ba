import { StreamInferError } from '../../../base/index.js';
import { type JpegEncoder, jpegQuantiser } from '../../backend.js';
import { startProgram } from './child.js';
import { jpegArguments } from './command.js';
import type { Program } from './program.js';

/** JPEGs by the program, started for each picture: some 80 ms of CPU, where libav takes 4 (640×360). */
export class FfmpegJpegEncoder implements JpegEncoder {
  readonly #program: Program;

  constructor(program: Program) {
    this.#program = program;
  }

  async encode(picture: { readonly width: number; readonly height: number; readonly data: Uint8Array }, quality: number): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    let lastLine = '';
    const child = startProgram({
      program: this.#program.path, args: jpegArguments(picture, jpegQuantiser(quality)), stdio: ['pipe', 'pipe', 'pipe'],
      onLine: (line) => { lastLine = line; },
    });
    child.process.stdout?.on('data', (chunk: Buffer) => { chunks.push(chunk); });
    // a program that ends before it has read all says why by itself
    child.process.stdin?.on('error', () => undefined).end(picture.data);
    const { code, startError } = await child.ended;
    if (code === 0 && chunks.length > 0) return Uint8Array.from(Buffer.concat(chunks));
    throw new StreamInferError('ALGO_RUN_FAILED', `encode a JPEG of ${picture.width}×${picture.height}: ${startError?.message ?? lastLine}`);
  }

  close(): void {
    // nothing is kept between pictures
  }
}
