import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { runProgram } from './program.js';

/** Folder for what the benchmarks make; git ignores it. */
export const workFolder = resolve(__dirname, '../../.cache/bench');

/** 20 seconds of 720p H.264 at 30 fps, a key frame every 60 frames and 2 B-frames between others; made once. */
export async function makeClip(): Promise<string> {
  const path = join(workFolder, 'clip-720p30-20s.mp4');
  if (existsSync(path)) return path;
  mkdirSync(workFolder, { recursive: true });
  const unfinished = join(workFolder, 'unfinished.mp4');
  await runProgram('ffmpeg', [
    '-v', 'error', '-y', '-f', 'lavfi', '-i', 'testsrc2=size=1280x720:rate=30:duration=20,noise=alls=8:allf=t',
    '-c:v', 'libx264', '-preset', 'medium', '-crf', '23', '-g', '60', '-bf', '2', '-pix_fmt', 'yuv420p', unfinished,
  ]);
  renameSync(unfinished, path);
  return path;
}
