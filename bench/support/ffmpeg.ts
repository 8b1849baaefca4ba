import { minute } from './clips.js';
import { expectEqual } from './expect.js';
import { runProgram } from './program.js';
import type { Sample } from './row.js';

/** All frames of the minute decoded, none converted. */
export async function decodeMinute(): Promise<Sample> {
  return (await runProgram('ffmpeg', ['-v', 'error', '-nostdin', '-i', minute.path, '-an', '-f', 'null', '-'])).sample;
}

/** All frames of the minute at 640×360 bgr24 through a pipe, to a program that counts their bytes. */
export async function writeMinute(): Promise<Sample> {
  const command = 'ffmpeg -v error -nostdin -i "$0" -vf scale=640:360:flags=bilinear -pix_fmt bgr24 -f rawvideo - | wc -c';
  const { sample, lastLine } = await runProgram('bash', ['-o', 'pipefail', '-c', command, minute.path]);
  expectEqual('bytes of raw frames', Number(lastLine), minute.frames * 640 * 360 * 3);
  return sample;
}
