import { existsSync, renameSync, writeFileSync } from 'node:fs';

import { expectEqual } from './expect.js';
import { runProgram } from './program.js';
import type { Need } from './row.js';
import { workPath } from './work-folder.js';

/** A video made by ffmpeg, once. */
export type Clip = Need & { readonly path: string; readonly frames: number };

/** A zoom into a fractal with a new grain in each picture: no part of it stands still, and x264 has use for all its bits. */
const LIVELY = 'mandelbrot=size=960x540:rate=30:end_pts=1800,scale=1920:1080,noise=alls=8:allf=t';

/** 60 s of 1080p H.264 at 30 fps and 8 Mbit/s, a key frame every 60 frames, 2 B-frames. */
export const minute: Clip = clip('minute-1080p30.mp4', { fps: 30, seconds: 60 }, () => [
  '-f', 'lavfi', '-i', LIVELY, '-t', '60',
  '-c:v', 'libx264', '-preset', 'medium', '-b:v', '8M', '-maxrate', '8M', '-bufsize', '16M',
  '-g', '60', '-keyint_min', '60', '-sc_threshold', '0', '-bf', '2', '-pix_fmt', 'yuv420p',
]);

/** The first 20 s of the minute. */
export const twentySeconds: Clip = clip('20s-1080p30.mp4', { fps: 30, seconds: 20 }, async () => {
  await minute.make();
  // groups of pictures are closed: the first 600 packets are the first 600 frames
  return ['-i', minute.path, '-frames:v', '600', '-c', 'copy'];
});

/** The minute ten times. */
export const tenMinutes: Clip = clip('10min-1080p30.mp4', { fps: 30, seconds: 600 }, async () => {
  await minute.make();
  const list = workPath('10min.txt');
  writeFileSync(list, `file '${minute.path}'\n`.repeat(10));
  return ['-f', 'concat', '-safe', '0', '-i', list, '-c', 'copy'];
});

/** The minute as a camera of 720p at 15 fps might send it. */
export const camera: Clip = clip('minute-720p15.mp4', { fps: 15, seconds: 60 }, async () => {
  await minute.make();
  return ['-i', minute.path, '-vf', 'fps=15,scale=1280:720', '-c:v', 'libx264', '-preset', 'medium', '-b:v', '2M', '-maxrate', '2M', '-bufsize', '4M', '-g', '30', '-bf', '0'];
});

/** 20 s as a camera of 720p at 15 fps might send them: sooner made. */
export const shortCamera: Clip = clip('20s-720p15.mp4', { fps: 15, seconds: 20 }, () => [
  '-f', 'lavfi', '-i', 'mandelbrot=size=640x360:rate=15,scale=1280:720,noise=alls=8:allf=t', '-t', '20',
  '-c:v', 'libx264', '-preset', 'veryfast', '-b:v', '2M', '-g', '30', '-bf', '0', '-pix_fmt', 'yuv420p', '-movflags', '+faststart',
]);

function clip(name: string, { fps, seconds }: { readonly fps: number; readonly seconds: number }, args: () => string[] | Promise<string[]>): Clip {
  const path = workPath(name);
  const frames = fps * seconds;
  return {
    path, frames,
    make: async () => {
      if (existsSync(path)) return;
      const unfinished = workPath(`unfinished-${name}`);
      await runProgram('ffmpeg', ['-v', 'error', '-nostdin', '-y', ...(await args()), unfinished]);
      expectEqual(`frames of ${unfinished}`, await countFrames(unfinished), frames);
      renameSync(unfinished, path);
    },
  };
}

/** Frames in a video, counted, not read from its header. */
export async function countFrames(path: string): Promise<number> {
  const { lastLine } = await runProgram('ffprobe', ['-v', 'error', '-select_streams', 'v:0', '-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', path]);
  return Number.parseInt(lastLine, 10);
}
