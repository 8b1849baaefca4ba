import type { FfmpegCommand } from 'fluent-ffmpeg';
import ffmpeg from 'fluent-ffmpeg';

import { inputLimits } from '../../input-limits.js';
import { isLossy, type Location } from '../../location.js';
import { isSecretLive } from './secret-input.js';

/*
 * The only file that knows fluent-ffmpeg, which builds the arguments; the library is no longer developed, so running and reading the program
 * is ours. A location can never become an option: it always stands behind `-i`, with its protocol in front.
 */

/** The playable kinds of locations. */
export type ProgramLocation = Extract<Location, { kind: 'file' | 'url' | 'device' }>;

export type DecodeCommand = {
  readonly location: ProgramLocation;
  /** The program's version, as `Program.release`. */
  readonly release: number;
  readonly rtspTransport: 'tcp' | 'udp';
  /** Of the decoder; 0: as it likes. */
  readonly threads: number;
  /** `auto`: on a GPU or media engine where there is one. */
  readonly hardware: 'none' | 'auto';
  /** No frames are held back by decoder threads. */
  readonly realtime: boolean;
  /** Seconds of a live URL that are looked at to learn its rate. */
  readonly learnSeconds: number;
  /** Seconds from the container's start; 0: from the first frame. */
  readonly position: number;
  /** Size of the frames in the pipe; a side left out keeps the aspect; empty: the source's. */
  readonly size: { readonly width?: number | undefined; readonly height?: number | undefined };
};

/** Fd of the child on which the time stamps of the frames go out, one line a frame. */
export const TIMES_FD = 3;

/** Arguments that decode a source into yuv420p (limited range, BT.601) on stdout and time stamps in µs on `TIMES_FD`. */
export function decodeArguments(command: DecodeCommand): string[] {
  const { location } = command;
  const input = inputOf(location);
  const list = ffmpeg()
    .input(input.source)
    .inputOptions(...COMMON, ...input.options, ...inputOptions(command))
    .videoFilters([...videoFilters(command)])
    .outputOptions(...['-an', '-sn', '-dn', '-map_metadata', '-1', '-map_chapters', '-1', ...passthrough(command.release), '-f', 'rawvideo'])
    .output('pipe:1');
  return argumentsOf(list);
}

export type EncodeCommand = {
  readonly release: number;
  /** The mp4; absent: standard output, a fragment a frame, none of which refers to a later one. */
  readonly path?: string;
  /** Longest time between key frames. */
  readonly keyFrameSeconds: number;
  readonly fps: { readonly num: number; readonly den: number };
  readonly crf: number;
  readonly preset: string;
  readonly threads: number;
};

/** Arguments that encode a Matroska stream of raw frames on stdin into a fragmented mp4, time stamps kept. */
export function encodeArguments(command: EncodeCommand): string[] {
  const video = ['-c:v', 'libx264', '-preset', command.preset, '-crf', String(command.crf), '-pix_fmt', 'yuv420p', '-threads', String(command.threads)];
  // The planes are BT.601 at any size; a player would take BT.709 for granted above 576 lines.
  const colour = ['-color_range', 'tv', '-colorspace', 'smpte170m'];
  // Whole microseconds, so that every time stamp of a variable rate is kept as it is.
  const times = [...passthrough(command.release), '-enc_time_base', '1:1000000', '-video_track_timescale', '1000000'];
  const { num, den } = command.fps;
  const keyFrames = ['-g', String(Math.max(1, Math.round((num > 0 ? num / den : 25) * command.keyFrameSeconds)))];
  // A fragment a second, which goes into the file at once: a crash costs no more than the one that is being made.
  const fragments = command.path === undefined
    ? ['-bf', '0', '-force_key_frames', `expr:gte(t,n_forced*${command.keyFrameSeconds})`, '-forced-idr', '1', '-movflags', '+frag_every_frame+empty_moov+default_base_moof', '-flush_packets', '1', '-f', 'mp4']
    : ['-frag_duration', '1000000', '-movflags', '+frag_keyframe+empty_moov+default_base_moof', '-flush_packets', '1', '-f', 'mp4'];
  const list = ffmpeg()
    .input('pipe:0')
    // What the header says is enough: without this, megabytes of frames are read to look at them.
    .inputOptions(...COMMON.filter((option) => option !== '-nostdin'), '-probesize', '32', '-analyzeduration', '0', '-f', 'matroska')
    .outputOptions(...video, ...colour, ...times, ...keyFrames, ...fragments)
    .output(command.path === undefined ? 'pipe:1' : `file:${command.path}`);
  return argumentsOf(list);
}

/** Arguments that make one JPEG, on stdout, of packed rgb24 pixels on stdin; `quantiser` 2…31. */
export function jpegArguments(size: { readonly width: number; readonly height: number }, quantiser: number): string[] {
  const colour = 'scale=flags=area+accurate_rnd+full_chroma_int+full_chroma_inp:out_color_matrix=bt601:out_range=pc,format=yuvj420p';
  const list = ffmpeg()
    .input('pipe:0')
    .inputOptions(...COMMON.filter((option) => option !== '-nostdin'), '-f', 'rawvideo', '-pixel_format', 'rgb24', '-video_size', `${size.width}x${size.height}`)
    .outputOptions('-vf', colour, '-frames:v', '1', '-c:v', 'mjpeg', '-q:v', String(quantiser), '-f', 'image2pipe')
    .output('pipe:1');
  return argumentsOf(list);
}

const COMMON = ['-nostdin', '-hide_banner', '-nostats', '-y', '-loglevel', 'repeat+level+verbose'];

function inputOf(location: ProgramLocation): { readonly source: string; readonly options: readonly string[] } {
  switch (location.kind) {
    case 'file':
      return { source: `file:${location.path}`, options: limitOptions(location) };
    case 'url':
      return isSecretLive(location) ? listInput(location) : { source: location.url, options: limitOptions(location) };
    case 'device':
      return deviceOf(location.device);
  }
}

function limitOptions(location: Exclude<ProgramLocation, { kind: 'device' }>): string[] {
  const { protocols, formats } = inputLimits(location);
  return ['-protocol_whitelist', protocols, '-format_whitelist', formats];
}

/** The list that comes through standard input names the one URL. */
function listInput(location: Extract<ProgramLocation, { kind: 'url' }>): { readonly source: string; readonly options: readonly string[] } {
  const { protocols, formats } = inputLimits(location);
  const limits = ['-protocol_whitelist', `pipe,${protocols}`, '-format_whitelist', `concat,${formats}`];
  return { source: 'pipe:0', options: [...limits, '-f', 'concat', '-safe', '0'] };
}

function deviceOf(device: string): { readonly source: string; readonly options: readonly string[] } {
  if (process.platform === 'win32') return { source: `video=${device}`, options: ['-f', 'dshow'] };
  if (process.platform === 'darwin') return { source: device, options: ['-f', 'avfoundation', '-framerate', '30'] };
  return { source: device, options: ['-f', 'v4l2'] };
}

function inputOptions(command: DecodeCommand): string[] {
  const { location, position } = command;
  return [
    ...protocolOptions(command),
    ...(location.kind === 'url' && location.live === true ? ['-analyzeduration', String(command.learnSeconds * 1e6)] : []),
    ...threadsOf(command),
    // Frame threads hold back as many frames as there are threads.
    ...(command.realtime ? ['-thread_type', 'slice'] : []),
    ...(command.hardware === 'auto' ? ['-hwaccel', 'auto'] : []),
    // The container's own time stamps: the same in every run, wherever it starts.
    '-copyts',
    ...(position > 0 ? ['-ss', position.toFixed(6)] : []),
  ];
}

/** A list that names a URL does not pass options on to it. */
function protocolOptions({ location, rtspTransport }: DecodeCommand): string[] {
  if (location.kind !== 'url' || isSecretLive(location)) return [];
  if (location.protocol.startsWith('rtsp')) return ['-rtsp_transport', rtspTransport];
  // a file that breaks off is asked for from where it was: at once, after 1 and after 3 s
  return location.protocol.startsWith('http') ? ['-reconnect', '1', '-reconnect_delay_max', '4'] : [];
}

/** Where packets may get lost, one: with several the H.264 decoder neither mends nor tells what is missing of a frame. */
function threadsOf({ location, rtspTransport, threads }: DecodeCommand): string[] {
  if (isLossy(location, rtspTransport)) return ['-threads', '1'];
  return threads > 0 ? ['-threads', String(threads)] : [];
}

function* videoFilters(command: DecodeCommand): Generator<{ filter: string; options: string }> {
  const { width, height } = command.size;
  const size = width === undefined && height === undefined ? '' : `w=${width ?? '-1'}:h=${height ?? '-1'}:`;
  yield { filter: 'scale', options: `${size}flags=area+accurate_rnd+full_chroma_int+full_chroma_inp:out_color_matrix=bt601:out_range=tv` };
  yield { filter: 'format', options: 'yuv420p' };
  yield { filter: 'settb', options: '1/1000000' };
  // `metadata=print` speaks only of frames that carry the key. A file descriptor keeps the times apart from the log.
  yield { filter: 'metadata', options: 'mode=add:key=frame:value=1' };
  yield { filter: 'metadata', options: `mode=print:key=frame:direct=1:file=pipe\\\\:${TIMES_FD}` };
}

/** Every frame once, at its own time: no frame is repeated or dropped to keep a rate. */
function passthrough(release: number): string[] {
  return release >= 5.01 ? ['-fps_mode', 'passthrough'] : ['-vsync', 'passthrough'];
}

/** fluent-ffmpeg would run the program itself; its list of arguments is all that is wanted. */
function argumentsOf(command: FfmpegCommand): string[] {
  return (command as unknown as { _getArguments(): string[] })._getArguments();
}
