import { ofSetting, type OnnxOptions, StreamInferError } from '../../../base/index.js';
import type { Point } from '../../../vision/index.js';
import { onlyOutput } from '../families/shapes.js';
import { type ModelFacts, tensorText } from '../model-facts.js';
import { openWithFacts } from '../open-model.js';
import { pictureInput } from '../picture-input.js';
import type { ModelSession, OutputTensor } from '../session.js';
import { outputTexts, readCharacters } from './characters.js';
import { type Reading, readGreedily } from './ctc.js';
import { type ColourPicture, samplePicture } from './sample-picture.js';

/** Corners of a line of text in pixels of the picture, clockwise as seen from where reading begins. */
export type Quad = readonly [Point, Point, Point, Point];

/** Height of a line in pixels where the model leaves it free: PP-OCR's since version 3. */
const HEIGHT = 48;
/** Widths are made a multiple of this, so that lines of nearly one length are one batch. */
const WIDTH_STEP = 32;
/** A line longer than 64 times its height is squeezed. */
const MAX_WIDTH = 64 * HEIGHT;
/** Lines in one inference, and pixels along them together. */
const MAX_BATCH = 8;
const MAX_BATCH_WIDTH = 4096;
/** A batch's shortest line has at least this part of its width; the rest is padding that is computed for nothing. */
const LEAST_FILLED = 0.75;

export type RecognizerOptions = Partial<Pick<OnnxOptions, 'executionProviders' | 'providerOptions' | 'threads' | 'recognition' | 'characters'>>;

/** How lines go into the model. */
type LineInput = { readonly name: string; readonly height: number; readonly width?: number; readonly batch: number };

type Line = { readonly index: number; readonly quad: Quad; /** Pixels in the tensor: those of the text, and with its padding. */ readonly textWidth: number; readonly width: number };

/**
 * The model that reads lines, run once already. Throws `OPTION_INVALID`, `MODEL_NOT_FOUND`, `MODEL_LOAD_FAILED`,
 * `MODEL_UNSUPPORTED`, `MODEL_RUN_FAILED`.
 */
export async function openRecognizer(options: RecognizerOptions): Promise<Recognizer> {
  if (options.recognition === undefined) {
    throw new StreamInferError('OPTION_INVALID', 'options.recognition: expected the path of a recognition model: this one finds text, another reads it (algos of kind onnx only)');
  }
  const { session, facts } = await openWithFacts(options.recognition, options).catch((error: unknown) => { throw ofSetting('options.recognition', error); });
  try {
    const input = lineInput(facts);
    const characters = await readCharacters(options.characters, facts.metadata['character']);
    const outputs = await warmUp(session, input);
    return new Recognizer(session, input, outputTexts(characters, outputs));
  } catch (error) {
    await session.close();
    throw error;
  }
}

function lineInput(facts: ModelFacts): LineInput {
  const picture = pictureInput(facts);
  if (picture?.layout !== 'NCHW' || picture.channels !== 3 || picture.dtype !== 'float32' || onlyOutput(facts)?.shape.length !== 3) {
    const tensors = [...facts.inputs, ...facts.outputs].map(tensorText).join('; ');
    throw new StreamInferError('MODEL_UNSUPPORTED', `options.recognition: expected a model from float32 [N, 3, ${HEIGHT}, W] to [N, steps, characters], got ${tensors}`);
  }
  const { name, width, height = HEIGHT } = picture;
  return { name, height, batch: typeof facts.inputs[0]?.shape[0] === 'number' ? 1 : MAX_BATCH, ...(width !== undefined && { width }) };
}

/** @returns Numbers that the model gives for each step. */
async function warmUp(session: ModelSession, input: LineInput): Promise<number> {
  const width = input.width ?? 320;
  const [output] = await session.run([{ name: input.name, dtype: 'float32', shape: [1, 3, input.height, width], data: new ArrayBuffer(12 * input.height * width) }]);
  return output?.shape[2] ?? 0;
}

/** Reads lines of text in a picture of BGR pixels. */
export class Recognizer {
  readonly session: ModelSession;
  readonly #input: LineInput;
  /** What each number of a step stands for. */
  readonly #texts: readonly string[];

  constructor(session: ModelSession, input: LineInput, texts: readonly string[]) {
    this.session = session;
    this.#input = input;
    this.#texts = texts;
  }

  get characters(): number {
    return this.#texts.length - 1;
  }

  /** What the lines say, in their order. Stops between two batches when `signal` is aborted. */
  async read(picture: ColourPicture, quads: readonly Quad[], signal: AbortSignal): Promise<Reading[]> {
    const readings: Reading[] = [];
    for (const batch of this.#batches(quads)) {
      signal.throwIfAborted();
      const [output] = await this.session.run([this.#feed(picture, batch)]);
      batch.forEach(({ index }, place) => { readings[index] = this.#reading(output, place, batch.length); });
    }
    return readings;
  }

  /** Lines of similar width together. */
  #batches(quads: readonly Quad[]): Line[][] {
    const lines = quads.map((quad, index) => ({ index, quad, ...this.#widths(quad) })).sort((a, b) => b.width - a.width);
    const batches: Line[][] = [];
    for (const line of lines) {
      const batch = batches.at(-1);
      const width = batch?.[0]?.width ?? 0;
      const fits = batch && batch.length < this.#input.batch && (batch.length + 1) * width <= MAX_BATCH_WIDTH && line.width >= LEAST_FILLED * width;
      if (fits) batch.push(line);
      else batches.push([line]);
    }
    return batches;
  }

  #widths([origin, right, , down]: Quad): Pick<Line, 'textWidth' | 'width'> {
    const { height, width } = this.#input;
    const aspect = Math.hypot(right.x - origin.x, right.y - origin.y) / Math.max(1, Math.hypot(down.x - origin.x, down.y - origin.y));
    const textWidth = Math.min(width ?? MAX_WIDTH, Math.max(1, Math.ceil(height * aspect)));
    return { textWidth, width: width ?? Math.ceil(textWidth / WIDTH_STEP) * WIDTH_STEP };
  }

  #feed(picture: ColourPicture, lines: readonly Line[]): Parameters<ModelSession['run']>[0][number] {
    const { name, height } = this.#input;
    const width = lines[0]?.width ?? 0;
    // padding stays 0, as in PaddleOCR's resize_norm_img: the middle of black and white
    const floats = new Float32Array(lines.length * 3 * height * width);
    lines.forEach(({ quad: [origin, right, , down], textWidth }, i) => {
      samplePicture(picture, { origin, right, down }, {
        floats, start: i * 3 * height * width, rowLength: width, planeLength: height * width, width: textWidth, height,
        channels: [0, 1, 2], scale: 1 / 255, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5],
      });
    });
    return { name, dtype: 'float32', shape: [lines.length, 3, height, width], data: floats.buffer };
  }

  #reading(output: OutputTensor | undefined, place: number, lines: number): Reading {
    const [batch, steps = 0, texts] = output?.shape ?? [];
    if (!output || batch !== lines || texts !== this.#texts.length) {
      throw new StreamInferError('MODEL_UNSUPPORTED', `options.recognition: expected [${lines}, steps, ${this.#texts.length}], the model gave [${output?.shape.join(',') ?? ''}]`);
    }
    const length = steps * texts;
    return readGreedily({ data: output.data.subarray(place * length, (place + 1) * length), steps, texts: this.#texts });
  }
}
