import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import type { StreamView } from '../../../dist/plugins/live/contract.js';
import { METRICS, metricsText, type Measured } from '../../../dist/plugins/live/metrics.js';
import { authOf, startNodeRed, type NodeRed } from '../../support/node-red.js';

const DOCS = resolve(__dirname, '../../../docs');
const TOKEN = 'open sesame!';

/** Lines of Prometheus' text format by name: `name{a="b"} 1`. Throws at a line that is none. */
function samplesIn(text: string): ReadonlyMap<string, readonly { readonly labels: string; readonly value: number }[]> {
  const samples = new Map<string, { labels: string; value: number }[]>();
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const [, name = '', labels = '', value = ''] = /^([a-z_]+)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$/.exec(line) ?? assert.fail(line);
    samples.set(name, [...(samples.get(name) ?? []), { labels, value: Number(value) }]);
  }
  return samples;
}

const stream: StreamView = {
  id: 's', name: 'a "b"\n\\', nodeIds: [], engineId: '', mode: 'realtime', state: 'playing', fps: 9.5, nominalFps: 10, position: 3, delivered: 30, dropped: { late: 2 }, recorders: [],
  algos: [{ id: 'a', name: 'persons', kind: 'onnx', state: 'ready', frameCount: 1, frameStep: 0, interval: 1, runs: 3, skipped: { busy: 1 }, inference: { p50: 20, p95: 30 } }],
};
const measured: Measured = {
  streams: [stream], engines: [{ id: '', name: '', isReady: true, cpuPercent: 150, memoryBytes: 1e8, streamIds: ['s'] }],
  sinks: [{ name: 'warehouse', state: { state: 'failing', waiting: 7, sent: 1, refused: 2, lost: 3 } }],
};

describe('plugins/live: metrics', () => {
  it('docs/metrics.md lists all of them, with kind and labels', () => {
    const rows = [...readFileSync(resolve(DOCS, 'metrics.md'), 'utf8').matchAll(/^\| `(stream_infer_\w+)` \| (\w+) \| (.*?) \| (.*) \|$/gm)].map(([, name, kind, labels = '', help]) => [name, [kind, help, [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label)]]);
    assert.deepEqual(Object.fromEntries(rows), METRICS);
  });

  it('the dashboard asks for those that there are', () => {
    const text = readFileSync(resolve(DOCS, 'grafana-dashboard.json'), 'utf8');
    const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
    const asked = panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => expr.match(/stream_infer_\w+/g) ?? []));
    assert.ok(asked.length >= panels.length);
    for (const name of asked) assert.ok(Object.hasOwn(METRICS, name), name);
  });

  it('numbers in seconds, bytes and cores; names are escaped', async () => {
    const { text, type } = await metricsText(measured);
    assert.match(type, /^text\/plain/);
    const samples = samplesIn(text);
    const valueOf = (name: keyof typeof METRICS): unknown => samples.get(name)?.map(({ labels, value }) => [labels, value]);
    const name = 'stream="a \\"b\\"\\n\\\\"';
    assert.deepEqual(valueOf('stream_infer_stream_up'), [[`${name},mode="realtime"`, 1]]);
    assert.deepEqual(valueOf('stream_infer_frames_dropped_total'), [[`${name},cause="late"`, 2]]);
    assert.deepEqual(valueOf('stream_infer_algo_inference_seconds'), [[`${name},algo="persons",quantile="0.5"`, 0.02], [`${name},algo="persons",quantile="0.95"`, 0.03]]);
    assert.deepEqual(valueOf('stream_infer_engine_cpu_cores'), [['engine="default"', 1.5]]);
    assert.deepEqual([valueOf('stream_infer_sink_up'), valueOf('stream_infer_sink_waiting'), valueOf('stream_infer_sink_lost_total')], [[['sink="warehouse"', 0]], [['sink="warehouse"', 7]], [['sink="warehouse"', 3]]]);
  });

  it('has a limit, whatever a flow makes', async () => {
    const many = Array.from({ length: 5000 }, (_, i): StreamView => ({ ...stream, id: `s${i}`, name: `s${i}` }));
    const { text } = await metricsText({ ...measured, streams: many });
    assert.ok([...samplesIn(text).values()].reduce((sum, { length }) => sum + length, 0) <= 20_000);
  });

  describe('routes', function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    const at = { z: 'tab1', x: 100, y: 100 };
    const flow = [
      { id: 'tab1', type: 'tab', label: 'Test' },
      { id: 'engine1', type: 'stream-engine', version: 1, name: 'for viewers', live: true, credentials: { liveToken: TOKEN } },
      { id: 'shown', type: 'stream-source', ...at, name: 'seen', wires: [['moves']], version: 1, location: 'test:?width=64&height=48', start: 'deploy', engine: 'engine1' },
      { id: 'moves', type: 'stream-algo', ...at, name: 'motion', wires: [[]], version: 1, kind: 'motion', interval: 0.1 },
      { id: 'hidden', type: 'stream-source', ...at, name: 'unseen', wires: [['still']], version: 1, location: 'test:?width=64&height=48', start: 'deploy', engine: '' },
      { id: 'still', type: 'stream-algo', ...at, name: 'motion', wires: [[]], version: 1, kind: 'motion' },
    ];
    const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${nodeRed.url}${path}`, init);

    before(async () => {
      nodeRed = await startNodeRed({ settings: { httpNodeRoot: '/api', httpAdminRoot: '/admin', ...authOf(['stream-infer.read', 'flows.write']) } });
      await ask('/admin/flows', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(flow) });
    });
    after(() => nodeRed.stop());

    it('the admin API tells of all, to who may read', async () => {
      for (;;) {
        const response = await ask('/admin/stream-infer/metrics');
        assert.equal(response.status, 200);
        assert.match(response.headers.get('content-type') ?? '', /^text\/plain/);
        const runs = samplesIn(await response.text()).get('stream_infer_algo_runs_total') ?? [];
        if (runs.length === 2 && runs.every(({ value }) => value > 0)) break;
        await new Promise((done) => setTimeout(done, 50));
      }
    });

    it('who knows an engine\'s token learns of its streams only', async () => {
      for (const init of [{ headers: { authorization: `Bearer ${TOKEN}` } }, {}]) {
        const response = await ask(`/api/stream-infer/metrics${'headers' in init ? '' : `?token=${encodeURIComponent(TOKEN)}`}`, init);
        assert.equal(response.status, 200);
        const text = await response.text();
        assert.match(text, /stream="seen"/);
        assert.doesNotMatch(text, /unseen/);
      }
    });

    it('without the token, nothing', async () => {
      for (const query of ['', '?token=', '?token=wrong', `?token=${TOKEN}x`, '?token[]=a', '?token=a&token=b']) assert.equal((await ask(`/api/stream-infer/metrics${query}`)).status, 401, query);
    });

    it('health: well while all plays, not when a stream has failed; numbers only', async () => {
      // a busy engine may be late once
      let well = await ask('/api/stream-infer/health');
      while (well.status !== 200) well = await ask('/api/stream-infer/health');
      assert.deepEqual(await well.json(), { status: 'ok', streams: 2, failed: 0, stalled: 0, engines: 2, silent: 0 });
      await ask('/admin/flows', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(flow.map((node) => (node.id === 'hidden' ? { ...node, location: '/none.mp4' } : node))) });
      for (;;) {
        const response = await ask('/api/stream-infer/health');
        const told = (await response.json()) as { status: string; failed: number };
        if (response.status === 503 && told.failed === 1 && told.status === 'failing') break;
        await new Promise((done) => setTimeout(done, 50));
      }
    });
  });
});
