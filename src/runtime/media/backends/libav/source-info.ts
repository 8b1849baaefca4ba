import type { Frame, Stream } from 'node-av/lib';

import type { SourceInfo } from '../../backend.js';
import { type Fraction, reduce } from '../../fraction.js';
import type { Input, InputLocation } from './input.js';
import type { Libav } from './libav.js';
import type { Rotation } from '../../rotate.js';

/** A rate at or above this is the clock's tick and no frame rate. */
const MAX_FPS = 1000;

/** What is known of an open input and its first frame. */
export function describeInput(av: Libav, parts: { readonly input: Input; readonly location: InputLocation; readonly firstFrame: Frame }): SourceInfo {
  const { input, location, firstFrame } = parts;
  const { stream, context } = input;
  const rotation = rotationOf(av, { stream, frame: firstFrame });
  const isTurned = rotation === 90 || rotation === 270;
  const seconds = durationOf(av, input);
  const live = isLive(location, { seconds, isSeekable: (context.pb?.seekable ?? 0) !== 0 });
  const frameCount = Number(stream.nbFrames);
  return {
    width: isTurned ? firstFrame.height : firstFrame.width,
    height: isTurned ? firstFrame.width : firstFrame.height,
    fps: rateOf(input, live),
    ...(seconds !== undefined && !live && { duration: seconds }),
    ...(frameCount > 0 && { frameCount }),
    live,
    ...namesOf(av, input, firstFrame),
    rotation,
    backend: 'libav',
    hasAudio: context.findBestStream(av.AVMEDIA_TYPE_AUDIO) >= 0,
  };
}

function namesOf(av: Libav, { stream, context }: Input, frame: Frame): Pick<SourceInfo, 'codec' | 'container' | 'pixelFormat'> {
  return {
    codec: av.avGetCodecName(stream.codecpar.codecId) ?? '',
    container: context.iformat?.name ?? '',
    pixelFormat: av.avGetPixFmtName(frame.format as Parameters<Libav['avGetPixFmtName']>[0]) ?? '',
  };
}

function isLive(location: InputLocation, { seconds, isSeekable }: { seconds: number | undefined; isSeekable: boolean }): boolean {
  switch (location.kind) {
    case 'file':
      return false;
    case 'device':
      return true;
    case 'url':
      // over http a recording says how long it is or can be searched; a camera and live HLS neither
      return location.live ?? (seconds === undefined && !isSeekable);
  }
}

/** The average rate, as OpenCV and ffprobe call it; where there are no time stamps to average, what the codec says. */
function rateOf({ stream, isTimed }: Input, live: boolean): Fraction {
  if (!isTimed && live) return { num: 0, den: 1 };
  const { avgFrameRate, rFrameRate, codecpar } = stream;
  const said = isTimed ? [avgFrameRate, codecpar.frameRate, rFrameRate] : [codecpar.frameRate, avgFrameRate, rFrameRate];
  return said.map(reduce).find(isRate) ?? { num: 0, den: 1 };
}

function isRate({ num, den }: Fraction): boolean {
  return num > 0 && num / den < MAX_FPS;
}

/** Seconds of the video, where nothing else can have made it longer; undefined: that is not known. */
export function videoSecondsOf(av: Libav, input: Input): number | undefined {
  const { num, den } = input.stream.timeBase;
  const { duration } = input.stream;
  if (duration !== av.AV_NOPTS_VALUE && duration > 0n) return (Number(duration) * num) / den;
  return input.context.streams.length === 1 ? durationOf(av, input) : undefined;
}

function durationOf(av: Libav, { stream, context }: Input): number | undefined {
  const { num, den } = stream.timeBase;
  if (stream.duration !== av.AV_NOPTS_VALUE && stream.duration > 0n) return (Number(stream.duration) * num) / den;
  if (context.duration !== av.AV_NOPTS_VALUE && context.duration > 0n) return Number(context.duration) / 1e6;
  return undefined;
}

/** Degrees clockwise by which a frame is to be turned: the frame's own display matrix (EXIF), else the stream's. */
export function rotationOf(av: Libav, { stream, frame }: { readonly stream: Stream; readonly frame: Frame }): Rotation {
  const matrix = frame.getSideData(av.AV_FRAME_DATA_DISPLAYMATRIX) ?? stream.codecpar.getCodedSideData(av.AV_PKT_DATA_DISPLAYMATRIX);
  if (!matrix || matrix.byteLength < 36) return 0;
  // 3 × 3 numbers in 16.16 fixed point; the first two are cosine and sine of the turn
  const degrees = (Math.atan2(matrix.readInt32LE(4), matrix.readInt32LE(0)) * 180) / Math.PI;
  const quarter = ((Math.round(degrees / 90) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[quarter] ?? 0;
}
