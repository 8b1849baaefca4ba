import { makeClip } from '../support/clip.js';
import { runNoopJob } from '../support/job.js';
import { runProgram } from '../support/program.js';
import type { Row } from '../support/row.js';

let clip = '';

export const oneASecond: Row = {
  name: 'one-a-second',
  title: '600 frames of a 720p file, of which one a second is wanted',
  unit: 'ms',
  prepare: async () => { clip = await makeClip(); },
  a: { label: '`stream-infer run`, interval 1, 20 frames to an algo that does nothing', run: () => runNoopJob(clip, 1) },
  b: { label: '`ffmpeg -f null -`: all frames decoded, none converted', run: () => runProgram('ffmpeg', ['-v', 'error', '-nostdin', '-i', clip, '-f', 'null', '-']) },
};
