import { StreamInferError, type TaskResult } from '../../../base/index.js';
import { bestFirst, type Letterbox, letterboxOfFrame, placeLetterbox, type Point, type TensorSpec } from '../../../vision/index.js';
import type { FrameNeed, LaneFrame } from '../../algo.js';
import { ppocr, TEXT_SIDE } from '../families/ppocr.js';
import { type ModelReport, reportOf } from '../inspect.js';
import { changedThresholds, type ModelAlgoOptions, type OnnxAlgo, type OnnxChanges } from '../onnx-changes.js';
import type { OpenModel } from '../open-model.js';
import { pictureInput } from '../picture-input.js';
import { toFrame } from '../tasks/detections.js';
import type { Placement } from '../tasks/task.js';
import { type FoundText, text } from '../tasks/text.js';
import type { Reading } from './ctc.js';
import { openRecognizer, type Quad, type Recognizer, type RecognizerOptions } from './recognizer.js';
import { type ColourPicture, samplePicture } from './sample-picture.js';

/** Pixels of a frame's longer side: lines are read from these, so that small text of a large picture stays readable. */
const MAX_SIDE = 1920;
/** Sides that the detector takes are multiples of this. */
const SIDE_STEP = 32;
const WARM_UP_SIDE = 320;

/** Text found by the open detector and read by `options.recognition`. Throws what `openRecognizer` throws; the detector is then still the caller's. */
export async function openOcrAlgo(detector: OpenModel, options: ModelAlgoOptions & RecognizerOptions): Promise<OnnxAlgo> {
  const recognizer = await openRecognizer(options);
  const algo = new OcrAlgo(detector, recognizer, options);
  try {
    await algo.warmUp();
    return algo;
  } catch (error) {
    await recognizer.session.close();
    throw error;
  }
}

class OcrAlgo implements OnnxAlgo {
  readonly needs: FrameNeed = { kind: 'pixels', format: 'bgr24', maxSide: MAX_SIDE };
  readonly description: Readonly<Record<string, unknown>>;
  readonly report: ModelReport;
  readonly warning?: string;
  readonly #detector: OpenModel;
  readonly #recognizer: Recognizer;
  readonly #wanted: ReadonlySet<string>;
  #options: ModelAlgoOptions;

  constructor(detector: OpenModel, recognizer: Recognizer, options: ModelAlgoOptions) {
    const { session, family, labels, spec } = detector;
    this.report = reportOf(detector.facts, detector);
    this.#detector = detector;
    this.#recognizer = recognizer;
    this.#options = options;
    this.#wanted = new Set(options.labels.map(comparable));
    this.description = {
      family: family.name,
      task: family.task.name,
      executionProvider: session.executionProvider,
      runtime: session.runtime,
      input: `${spec.width}x${spec.height}`,
      threads: session.threads,
      batch: 1,
      classes: 1,
      characters: recognizer.characters,
      labels: labels.names,
    };
    const lessBatch = options.batch > 1 ? `options.batch is ${options.batch}, text is looked for in one picture at a time` : undefined;
    const warnings = [session.warning, recognizer.session.warning, lessBatch].filter((warning) => warning !== undefined);
    if (warnings.length > 0) this.warning = [...new Set(warnings)].join('; ');
  }

  /** Shows whether the detector's outputs can be read; the recognizer has run. */
  async warmUp(): Promise<void> {
    const picture = { width: WARM_UP_SIDE, height: WARM_UP_SIDE, data: new Uint8Array(WARM_UP_SIDE ** 2 * 3) };
    await this.#find(picture, picture);
  }

  async run(frames: readonly LaneFrame[], signal: AbortSignal, onInferred?: () => void): Promise<TaskResult> {
    signal.throwIfAborted();
    const { info, crop, picture } = pictureOf(frames.at(-1));
    const { found, placement } = await this.#find(picture, crop ?? info);
    const lines = bestFirst(found).slice(0, this.#options.maxDetections);
    const quads = lines.map(({ corners }) => inPicture(corners, placement, picture));
    const readings = await this.#recognizer.read(picture, quads, signal);
    onInferred?.();
    const read = lines.flatMap(({ corners }, i) => {
      const reading = readings[i];
      return reading && this.#isKept(reading) ? [{ corners, ...reading }] : [];
    });
    return text.toResult(read, { placement: crop ? inFrame(placement, crop, info) : placement, labels: this.#detector.labels, keypointNames: [], needsNms: 'no', options: this.#options });
  }

  set(changes: OnnxChanges): void {
    this.#options = { ...this.#options, ...changedThresholds(changes) };
  }

  async close(): Promise<void> {
    await Promise.all([this.#detector.session.close(), this.#recognizer.session.close()]);
  }

  /** Where text is, best or not. */
  async #find(picture: ColourPicture, frame: Size): Promise<{ readonly found: readonly FoundText[]; readonly placement: Placement }> {
    const { session, facts } = this.#detector;
    const spec = specFor(this.#detector, picture);
    const letterbox = placeLetterbox(spec, frame, picture);
    const outputs = await session.run([{ name: pictureInput(facts)?.name ?? '', dtype: 'float32', shape: [1, 3, spec.height, spec.width], data: detectorInput(picture, spec, letterbox) }]);
    return { found: ppocr.decode(outputs, { spec, facts, scoreThreshold: 0 }), placement: { spec, letterbox, frame } };
  }

  /** What is no number is not. */
  #isKept({ text: read, score }: Reading): boolean {
    return score >= this.#options.scoreThreshold && (this.#wanted.size === 0 || this.#wanted.has(comparable(read)));
  }
}

type Size = { readonly width: number; readonly height: number };

function comparable(label: string): string {
  return label.trim().toLowerCase();
}

function pictureOf(frame: LaneFrame | undefined): { readonly info: Size; readonly crop: LaneFrame['crop']; readonly picture: ColourPicture } {
  if (frame?.kind !== 'pixels' || frame.format !== 'bgr24') throw new StreamInferError('INTERNAL', 'text is read in pixels of bgr24');
  return { info: frame.info, crop: frame.crop, picture: { width: frame.width, height: frame.height, data: new Uint8Array(frame.data) } };
}

/** Of a crop that was looked at as if it were all: its place in the frame. */
function inFrame({ spec, letterbox }: Placement, crop: NonNullable<LaneFrame['crop']>, frame: Size): Placement {
  const shown = { x1: crop.x, y1: crop.y, x2: crop.x + crop.width, y2: crop.y + crop.height };
  return { spec, letterbox: letterboxOfFrame(letterbox, crop), frame, shown };
}

/** The detector's spec for this picture: sides that the model and the user leave free are the picture's, as PaddleOCR's `DetResizeForTest` has them. */
function specFor({ facts, spec }: OpenModel, picture: Size): TensorSpec {
  const fixed = pictureInput(facts);
  const scale = Math.min(1, TEXT_SIDE / Math.max(picture.width, picture.height));
  const side = (length: number): number => Math.max(SIDE_STEP, Math.round((length * scale) / SIDE_STEP) * SIDE_STEP);
  return { ...spec, width: fixed?.width ?? side(picture.width), height: fixed?.height ?? side(picture.height) };
}

function detectorInput(picture: ColourPicture, spec: TensorSpec, { padX, padY, width, height }: Letterbox): ArrayBuffer {
  const planeLength = spec.width * spec.height;
  const floats = new Float32Array(3 * planeLength);
  const { scale, mean, std } = spec;
  if (width * height < planeLength) {
    for (let plane = 0; plane < 3; plane++) floats.fill((spec.pad * scale - (mean[plane] ?? 0)) / (std[plane] ?? 1), plane * planeLength, (plane + 1) * planeLength);
  }
  const whole = { origin: { x: 0, y: 0 }, right: { x: picture.width, y: 0 }, down: { x: 0, y: picture.height } };
  const channels = spec.channels === 'rgb' ? [2, 1, 0] : [0, 1, 2];
  samplePicture(picture, whole, { floats, start: padY * spec.width + padX, rowLength: spec.width, planeLength, width, height, channels, scale, mean, std });
  return floats.buffer;
}

function inPicture([a, b, c, d]: FoundText['corners'], placement: Placement, picture: Size): Quad {
  const place = (corner: Point): Point => {
    const { x, y } = toFrame(corner, placement);
    return { x: (x * picture.width) / placement.frame.width, y: (y * picture.height) / placement.frame.height };
  };
  return [place(a), place(b), place(c), place(d)];
}
