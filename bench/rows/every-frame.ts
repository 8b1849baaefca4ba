import { makeClip } from '../support/clip.js';
import { runNoopJob } from '../support/job.js';
import { runProgram } from '../support/program.js';
import type { Row } from '../support/row.js';

let clip = '';

export const everyFrame: Row = {
  name: 'every-frame',
  title: '600 frames of a 720p file, each scaled to 640×360 bgr24',
  unit: 'ms',
  prepare: async () => { clip = await makeClip(); },
  a: { label: '`stream-infer run`, every frame to an algo that does nothing', run: () => runNoopJob(clip, 0) },
  b: {
    label: '`ffmpeg -vf scale=640:360 -pix_fmt bgr24 -f rawvideo -`, thrown away',
    run: () => runProgram('ffmpeg', ['-v', 'error', '-nostdin', '-i', clip, '-vf', 'scale=640:360:flags=bilinear', '-pix_fmt', 'bgr24', '-f', 'rawvideo', '-']),
  },
};
