import type { RecorderPlan, StreamPlan, WireError } from '../../base/index.js';
import { ClipRunner } from './clip-runner.js';
import { RecorderRunner, type RecorderRunnerOptions } from './recorder-runner.js';
import type { Reporter } from './reporter.js';
import type { StreamRecorder } from './stream-recorder.js';
import type { Tally } from './tally.js';

export type RecorderOwner = Pick<RecorderRunnerOptions, 'backend' | 'clock' | 'threads'> & {
  readonly stream: StreamPlan;
  readonly tally: Tally;
  readonly reporter: Reporter;
  /** A run that is to be complete is not, without its recording. */
  readonly onFatal: (error: WireError) => void;
};

/** The recorder that the plan wants; what becomes of its files is counted and told. */
export function makeRecorder(plan: RecorderPlan, owner: RecorderOwner): StreamRecorder {
  const { stream, backend, clock, threads, tally, reporter } = owner;
  const where = { streamId: stream.id, recorderId: plan.id };
  const Runner = plan.kind === 'clips' ? ClipRunner : RecorderRunner;
  return new Runner({
    plan, backend, clock, threads, streamName: stream.name, mode: stream.mode,
    onState: (state, path, frames) => {
      if (state === 'finished' && frames !== 0) tally.recorded.push(path);
      if (state === 'started') reporter.settled(plan.id);
      reporter.event({ event: 'recording', ...where, state, path, ...(frames !== undefined && { frames }) });
    },
    onClip: ({ path, frames, ...clip }) => {
      tally.recorded.push(path);
      reporter.settled(plan.id);
      reporter.event({ event: 'recording', ...where, state: 'finished', path, frames, clip });
    },
    onWritten: (ms) => { tally.costs.encode.record(ms); },
    onMissed: (frames) => { tally.miss(plan.id, frames); },
    onWarning: (message) => { reporter.event({ event: 'warning', ...where, message }); },
    onError: (error) => {
      reporter.trouble(error, { recorderId: plan.id });
      if (stream.mode === 'offline') owner.onFatal(error);
    },
  });
}
