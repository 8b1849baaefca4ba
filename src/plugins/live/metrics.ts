import type promClient from 'prom-client';
import type { Registry } from 'prom-client';

import { StreamInferError } from '../../runtime/index.js';
import type { SharedSink } from '../../nodes/shared/sinks.js';
import type { AlgoView, Durations, EngineView, StreamsAnswer, StreamView } from './contract.js';

/*
 * How streams, algos, engines and sinks are, in Prometheus' text format. docs/metrics.md lists all of it; a test holds the two together.
 */

type Kind = 'counter' | 'gauge';

/** Name → what it is, what it says, its labels. Counters begin anew when a stream is started again. */
export const METRICS = {
  stream_infer_stream_up: ['gauge', 'Whether the stream plays: 1, or 0 where it is idle, lost, paused or over.', ['stream', 'mode']],
  stream_infer_stream_state: ['gauge', 'Always 1, with the state of the stream.', ['stream', 'state']],
  stream_infer_stream_fps: ['gauge', 'Frames delivered a second.', ['stream']],
  stream_infer_stream_nominal_fps: ['gauge', 'Frames a second that the source states.', ['stream']],
  stream_infer_stream_position_seconds: ['gauge', 'Where the stream is, from its start.', ['stream']],
  stream_infer_frames_delivered_total: ['counter', 'Frames that the producer gave.', ['stream']],
  stream_infer_frames_dropped_total: ['counter', 'Frames left out, by cause.', ['stream', 'cause']],
  stream_infer_algo_up: ['gauge', 'Whether the algo is ready: 1, or 0.', ['stream', 'algo', 'kind']],
  stream_infer_algo_runs_total: ['counter', 'Runs that gave a result.', ['stream', 'algo']],
  stream_infer_algo_skipped_total: ['counter', 'Turns without a result, by cause.', ['stream', 'algo', 'cause']],
  stream_infer_algo_inference_seconds: ['gauge', 'What a run takes, by quantile, since the stream was started.', ['stream', 'algo', 'quantile']],
  stream_infer_algo_frame_age_seconds: ['gauge', 'How old the newest frame is when its run begins, by quantile.', ['stream', 'algo', 'quantile']],
  stream_infer_recorder_recording: ['gauge', 'Whether the recorder writes a file: 1, or 0.', ['stream', 'recorder']],
  stream_infer_recorder_failed: ['gauge', 'Whether the recorder cannot write: 1, or 0.', ['stream', 'recorder']],
  stream_infer_engine_up: ['gauge', 'Whether the engine answers: 1, or 0.', ['engine']],
  stream_infer_engine_cpu_cores: ['gauge', 'Cores that the engine takes, since the look before.', ['engine']],
  stream_infer_engine_memory_bytes: ['gauge', 'Resident memory of the engine.', ['engine']],
  stream_infer_engine_streams: ['gauge', 'Streams that the engine plays.', ['engine']],
  stream_infer_sink_up: ['gauge', 'Whether the sink can send: 1, or 0.', ['sink']],
  stream_infer_sink_waiting: ['gauge', 'Results that wait.', ['sink']],
  stream_infer_sink_sent_total: ['counter', 'Results that the receiver has.', ['sink']],
  stream_infer_sink_refused_total: ['counter', 'Results that the receiver does not want.', ['sink']],
  stream_infer_sink_lost_total: ['counter', 'Results lost because too many waited, or that were damaged.', ['sink']],
} as const satisfies Readonly<Record<string, readonly [kind: Kind, help: string, labels: readonly string[]]>>;
export type MetricName = keyof typeof METRICS;

export type Measured = StreamsAnswer & { readonly sinks: readonly Pick<SharedSink, 'name' | 'state'>[] };

/** Streams, algos and the like that are told; a flow that makes ever new ones must not fill who scrapes. */
const MOST_SERIES = 20_000;

/** Throws `BACKEND_MISSING` where the package prom-client is not installed. */
export async function metricsText(measured: Measured): Promise<{ readonly type: string; readonly text: string }> {
  const { Counter, Gauge, Registry: Made } = await load();
  const registry: Registry = new Made();
  const made = new Map(Object.entries(METRICS).map(([name, [kind, help, labelNames]]) => {
    const options = { name, help, labelNames: [...labelNames], registers: [registry] };
    return [name, kind === 'counter' ? new Counter(options) : new Gauge(options)];
  }));
  for (const [name, value, labels] of samplesOf(measured).slice(0, MOST_SERIES)) made.get(name)?.inc(labels, value);
  return { type: registry.contentType, text: await registry.metrics() };
}

async function load(): Promise<typeof promClient> {
  try {
    return (await import('prom-client')).default;
  } catch (cause) {
    throw new StreamInferError('BACKEND_MISSING', 'metrics need the package prom-client, which is not installed: npm install prom-client', { cause });
  }
}

type Sample = readonly [name: MetricName, value: number, labels: Readonly<Record<string, string>>];

function samplesOf({ streams, engines, sinks }: Measured): Sample[] {
  return [...engines.flatMap(engineSamples), ...sinks.flatMap(sinkSamples), ...streams.flatMap(streamSamples)];
}

function engineSamples({ id, name, isReady, cpuPercent, memoryBytes, streamIds }: EngineView): Sample[] {
  const labels = { engine: name || id || 'default' };
  return known([
    ['stream_infer_engine_up', Number(isReady), labels],
    ['stream_infer_engine_cpu_cores', cpuPercent === undefined ? undefined : cpuPercent / 100, labels],
    ['stream_infer_engine_memory_bytes', memoryBytes, labels],
    ['stream_infer_engine_streams', streamIds.length, labels],
  ]);
}

function sinkSamples({ name, state: { state, waiting, sent, refused, lost } }: Measured['sinks'][number]): Sample[] {
  const labels = { sink: name };
  return [
    ['stream_infer_sink_up', Number(state !== 'failing'), labels], ['stream_infer_sink_waiting', waiting, labels],
    ['stream_infer_sink_sent_total', sent, labels], ['stream_infer_sink_refused_total', refused, labels], ['stream_infer_sink_lost_total', lost, labels],
  ];
}

function streamSamples(stream: StreamView): Sample[] {
  const { name, mode, state, fps, nominalFps, position, delivered, dropped, algos, recorders } = stream;
  const labels = { stream: name };
  return [
    ...known([
      ['stream_infer_stream_up', Number(state === 'playing'), { ...labels, mode }],
      ['stream_infer_stream_state', 1, { ...labels, state }],
      ['stream_infer_stream_fps', state === 'playing' ? fps : undefined, labels],
      ['stream_infer_stream_nominal_fps', nominalFps, labels],
      ['stream_infer_stream_position_seconds', position, labels],
      ['stream_infer_frames_delivered_total', delivered, labels],
    ]),
    ...Object.entries(dropped).map(([cause, count]): Sample => ['stream_infer_frames_dropped_total', count, { ...labels, cause }]),
    ...algos.flatMap((algo) => algoSamples(algo, name)),
    ...recorders.flatMap((recorder): Sample[] => [
      ['stream_infer_recorder_recording', Number(recorder.isRecording), { ...labels, recorder: recorder.name || recorder.id }],
      ['stream_infer_recorder_failed', Number(recorder.error !== undefined), { ...labels, recorder: recorder.name || recorder.id }],
    ]),
  ];
}

function algoSamples({ name, kind, state, runs, skipped, inference, age }: AlgoView, stream: string): Sample[] {
  const labels = { stream, algo: name };
  return [
    ['stream_infer_algo_up', Number(state === 'ready'), { ...labels, kind }],
    ['stream_infer_algo_runs_total', runs, labels],
    ...Object.entries(skipped).map(([cause, count]): Sample => ['stream_infer_algo_skipped_total', count, { ...labels, cause }]),
    ...quantiles('stream_infer_algo_inference_seconds', inference, labels),
    ...quantiles('stream_infer_algo_frame_age_seconds', age, labels),
  ];
}

function quantiles(name: MetricName, durations: Durations | undefined, labels: Readonly<Record<string, string>>): Sample[] {
  if (durations === undefined) return [];
  return [[name, durations.p50 / 1000, { ...labels, quantile: '0.5' }], [name, durations.p95 / 1000, { ...labels, quantile: '0.95' }]];
}

function known(samples: readonly (readonly [MetricName, number | undefined, Readonly<Record<string, string>>])[]): Sample[] {
  return samples.filter((sample): sample is Sample => sample[1] !== undefined);
}
