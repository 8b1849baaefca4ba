import { type Fraction, reduce } from '../../fraction.js';

/** What the program prints of a source before the first frame, taken apart. */
export type Header = {
  readonly container: string;
  /** Seconds; absent where it says N/A. */
  readonly duration?: number;
  /** Where the container's time stamps begin, in microseconds; 0 where it does not say. */
  readonly startUs: number;
  readonly codec: string;
  readonly pixelFormat: string;
  /** Pixels as displayed: what comes to the scaler, rotation (also a picture's own, in its EXIF data) applied. */
  readonly width: number;
  readonly height: number;
  /** Degrees clockwise: 0, 90, 180, 270. */
  readonly rotation: number;
  /** 0/1 where it does not say. */
  readonly fps: Fraction;
  readonly hasAudio: boolean;
  /** Streams of all kinds. */
  readonly streams: number;
  /** The stream is a picture that belongs to an audio file. */
  readonly isCover: boolean;
  /** Size of the frames that come through the pipe, in pixels. */
  readonly output: { readonly width: number; readonly height: number };
};

type Size = { readonly width: number; readonly height: number };
type Stream = { readonly kind: string; readonly text: string; rotation: number };

/**
 * Reads the program's standard error (`-loglevel level+verbose`) line by line. It needs no ffprobe, which
 * ffmpeg-static does not have, and the source is opened once only.
 */
export class HeaderReader {
  #section: 'none' | 'input' | 'output' = 'none';
  readonly #streams = new Map<string, Stream>();
  #last: Stream | undefined;
  #container = '';
  #duration: number | undefined;
  #startUs = 0;
  #mapped: string | undefined;
  #graphRate: Fraction | undefined;
  #output: Size | undefined;
  #displayed: Size | undefined;

  /** Takes the next line; what is no part of the header is ignored. */
  read(line: string): void {
    const text = line.replace(/^(\[[^\]]*\] )*?\[(info|verbose)\] /, '');
    const graph = /^\[graph 0 input from stream .* fr:(\d+)\/(\d+)/.exec(line);
    const scaled = /^\[Parsed_scale_0 @ .* w:(\d+) h:(\d+) fmt:.* -> /.exec(line);
    if (scaled) this.#displayed ??= { width: Number(scaled[1]), height: Number(scaled[2]) };
    else if (graph) this.#graphRate = reduce({ num: Number(graph[1]), den: Number(graph[2]) });
    else if (/^ *Stream #/.test(text)) this.#readStream(text);
    else this.#readOther(text);
  }

  /** The header, as soon as it is complete. */
  get header(): Header | undefined {
    const video = this.#mapped === undefined ? undefined : this.#streams.get(this.#mapped);
    if (!video || !this.#output) return undefined;
    const displayed = this.#displayed ?? this.#output;
    return {
      container: this.#container,
      ...(this.#duration === undefined ? {} : { duration: this.#duration }),
      startUs: this.#startUs,
      codec: /^[^\s,]+/.exec(video.text)?.[0] ?? 'unknown',
      pixelFormat: pixelFormatOf(video.text),
      ...displayed,
      rotation: video.rotation,
      fps: rateOf(video.text, this.#graphRate),
      hasAudio: [...this.#streams.values()].some(({ kind }) => kind === 'Audio'),
      streams: this.#streams.size,
      isCover: video.text.includes('(attached pic)'),
      output: this.#output,
    };
  }

  /** Whether an input was described and has no video in it; to be asked at the program's end. */
  get lacksVideo(): boolean {
    return this.#container !== '' && ![...this.#streams.values()].some(({ kind }) => kind === 'Video');
  }

  #readStream(text: string): void {
    const mapping = /^ *Stream #0:(\d+) -> #0:0/.exec(text);
    if (mapping) {
      this.#mapped = mapping[1];
      return;
    }
    const match = /^ *Stream #0:(\d+)\S*: (\w+): (.*)$/.exec(text);
    if (!match) return;
    const [, index = '', kind = '', description = ''] = match;
    if (this.#section === 'output') this.#output ??= sizeOf(description);
    if (this.#section !== 'input') return;
    this.#last = { kind, text: description, rotation: 0 };
    this.#streams.set(index, this.#last);
  }

  #readOther(text: string): void {
    const input = /^Input #0, (.+?), from '/.exec(text);
    if (input) {
      this.#section = 'input';
      this.#container = input[1] ?? '';
    }
    if (/^Output #0/.test(text)) this.#section = 'output';
    if (this.#section !== 'input') return;
    const duration = /^ *Duration: (\d+):(\d+):(\d+(?:\.\d+)?)/.exec(text);
    if (duration) this.#duration = Number(duration[1]) * 3600 + Number(duration[2]) * 60 + Number(duration[3]);
    const start = /^ *Duration: .*, start: (-?\d+\.\d+)/.exec(text);
    if (start) this.#startUs = Math.round(Number(start[1]) * 1e6);
    const rotation = /^ *displaymatrix: rotation of (-?[\d.]+) degrees/.exec(text);
    if (rotation && this.#last) this.#last.rotation = clockwise(Number(rotation[1]));
  }
}

/** The matrix is printed counterclockwise; the picture is turned by quarters only. */
function clockwise(counterclockwise: number): number {
  return (((Math.round(-counterclockwise / 90) * 90) % 360) + 360) % 360;
}

/** Fields of a stream's line without what stands in brackets: `h264`, `yuv420p`, `384x288`, `10 fps`. */
function fieldsOf(text: string): string[] {
  let plain = text;
  for (let before = ''; before !== plain; ) {
    before = plain;
    plain = plain.replace(/\([^()]*\)|\[[^[\]]*\]/g, '');
  }
  return plain.split(',').map((field) => field.trim());
}

function sizeOf(text: string): Size | undefined {
  const match = fieldsOf(text).map((field) => /^(\d+)x(\d+)(?: |$)/.exec(field)).find(Boolean);
  const size = { width: Number(match?.[1] ?? 0), height: Number(match?.[2] ?? 0) };
  return size.width > 0 && size.height > 0 ? size : undefined;
}

function pixelFormatOf(text: string): string {
  const fields = fieldsOf(text);
  const at = fields.findIndex((field) => /^\d+x\d+(?: |$)/.test(field));
  return fields[at - 1] ?? 'unknown';
}

/** The average rate, else the base rate. Two decimals are printed; the graph's exact rate is taken where it is the same. */
function rateOf(text: string, exact: Fraction | undefined): Fraction {
  const printed = printedRate(text, 'fps') ?? printedRate(text, 'tbr');
  if (printed === undefined) return exact ?? { num: 0, den: 1 };
  if (exact && Math.abs(exact.num / exact.den - printed) < 0.006) return exact;
  const ntsc = { num: Math.round(printed * 1.001) * 1000, den: 1001 };
  if (!Number.isInteger(printed) && Math.abs(ntsc.num / ntsc.den - printed) < 0.006) return reduce(ntsc);
  return reduce({ num: Math.round(printed * 10_000), den: 10_000 });
}

function printedRate(text: string, unit: 'fps' | 'tbr'): number | undefined {
  const match = fieldsOf(text).map((field) => new RegExp(`^([\\d.]+)(k?) ${unit}\\b`).exec(field)).find(Boolean);
  const rate = Number(match?.[1]) * (match?.[2] === 'k' ? 1000 : 1);
  return rate > 0 ? rate : undefined;
}
