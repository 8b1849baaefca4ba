import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';

/** Longer ones are no list of labels that a person made. */
const MAX_BYTES = 1 << 20;

/** What Teachable Machine's image projects write beside `model.json`. */
const metadataSchema = z.object({
  labels: z.array(z.string().max(256)).min(1).max(10_000),
  imageSize: z.int().min(1).max(4096).optional(),
});

/** metadata_props of an image classifier, as the ONNX families read them. */
export type PictureMetadata = Readonly<Record<string, string>>;

/**
 * What a `metadata.json` beside the model says of it, as metadata of the ONNX file: names, task, size, and that pixels
 * are brought to −1…1. Teachable Machine cuts a square out of the middle of the picture; a stream's whole picture is
 * stretched to the square instead, so that nothing at its edges is missed. Empty where there is no such file, or another's.
 */
export async function readPictureMetadata(modelJsonPath: string): Promise<PictureMetadata> {
  const text = await readSmallFile(join(dirname(modelJsonPath), 'metadata.json'));
  const found = metadataSchema.safeParse(parseJson(text));
  if (!found.success) return {};
  const { labels, imageSize } = found.data;
  return {
    task: 'classify',
    names: JSON.stringify(labels),
    ...(imageSize === undefined ? {} : { imgsz: `[${imageSize}, ${imageSize}]` }),
    input_scale: String(1 / 127.5),
    input_mean: '1',
    input_std: '1',
  };
}

async function readSmallFile(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const info = await file.stat();
    return info.isFile() && info.size <= MAX_BYTES ? await file.readFile('utf8') : '';
  } catch {
    return '';
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
