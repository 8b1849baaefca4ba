import assert from 'node:assert/strict';
import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

import type { LaneAlgo, LaneFrame } from '../../../dist/runtime/algo/index.js';
import { makeDeferred } from '../../../dist/runtime/base/index.js';
import { LaneServer } from '../../../dist/runtime/engine/lane-server.js';
import type { LaneReply } from '../../../dist/runtime/engine/messages.js';

/** A window that is told by the number of its frame. */
function windowOf(index: number): LaneFrame[] {
  const info = { index, sourceIndex: 0, ptsUs: 0, width: 2, height: 2 };
  return [{ kind: 'pixels', info, width: 2, height: 2, format: 'gray8', data: new ArrayBuffer(4) }];
}

/** An algo that holds its first run until it is let go, and keeps what each run got. */
class HeldAlgo implements LaneAlgo {
  readonly needs = { kind: 'pixels' } as const;
  readonly description = {};
  readonly batch: LaneAlgo['batch'];
  readonly runs: number[][] = [];
  readonly #held = makeDeferred();

  constructor(sizes: readonly number[], fails = false) {
    if (sizes.length === 0) return;
    this.batch = {
      sizes,
      exact: true,
      run: async (windows) => {
        this.runs.push(windows.map(indexOf));
        await this.#held.promise;
        if (fails) throw new Error('no memory');
        return windows.map((window) => `of ${indexOf(window)}`);
      },
    };
  }

  async run(frames: readonly LaneFrame[]): Promise<unknown> {
    this.runs.push([indexOf(frames)]);
    await this.#held.promise;
    return `of ${indexOf(frames)}`;
  }

  letGo(): void {
    this.#held.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function indexOf([frame]: readonly LaneFrame[]): number {
  return frame?.info.index ?? 0;
}

describe('engine/lane-server', () => {
  let ports: MessagePort[] = [];
  const servers: LaneServer[] = [];

  /** A stream of that priority at the server: asks for runs, and gives the replies so far. */
  function attach(server: LaneServer, priority = 0): { ask: (index: number, alone?: boolean) => void; replies: (count: number) => Promise<LaneReply[]>; leave: () => Promise<unknown> } {
    const { port1, port2 } = new MessageChannel();
    const got: LaneReply[] = [];
    let wake = (): void => undefined;
    port1.on('message', (reply: LaneReply) => { got.push(reply); wake(); });
    server.attach(port2, priority);
    ports.push(port1);
    return {
      leave: async () => {
        port1.close();
        await once(port2, 'close');
      },
      ask: (index, alone = false) => { port1.postMessage({ type: 'run', runId: index, frames: windowOf(index), alone }); },
      replies: async (count) => {
        while (got.length < count) await new Promise<void>((resolve) => { wake = resolve; });
        return got;
      },
    };
  }

  function serve(algo: LaneAlgo): LaneServer {
    const server = new LaneServer(algo, { name: 'a', timeout: 30 });
    servers.push(server);
    return server;
  }

  /** Until the first run is under way; what is asked afterwards waits. */
  async function untilBusy(algo: HeldAlgo): Promise<void> {
    while (algo.runs.length === 0) await new Promise((resolve) => { setImmediate(resolve); });
  }

  afterEach(async () => {
    for (const port of ports) port.close();
    ports = [];
    for (const server of servers.splice(0)) await server.close();
  });

  it('while a run is under way the streams’ requests wait; then the higher priority goes first, and each stream keeps its order', async () => {
    const algo = new HeldAlgo([]);
    const server = serve(algo);
    const low = attach(server);
    const high = attach(server, 5);
    low.ask(1);
    await untilBusy(algo);
    low.ask(2);
    low.ask(3);
    high.ask(11);
    high.ask(12);
    algo.letGo();
    assert.deepEqual((await low.replies(3)).map(({ runId }) => runId), [1, 2, 3]);
    await high.replies(2);
    assert.deepEqual(algo.runs, [[1], [11], [12], [2], [3]]);
  });

  const memory: readonly { why: string; keepsFrames?: boolean; fails?: boolean; back: number }[] = [
    { why: 'memory of frames goes back', back: 1 },
    { why: 'of an algo that says that it keeps none as well', keepsFrames: false, back: 1 },
    { why: 'not of one that keeps them', keepsFrames: true, back: 0 },
    { why: 'nor of a run that failed, and may still read them', fails: true, back: 0 },
  ];
  for (const { why, keepsFrames, fails, back } of memory) {
    it(`${why}: ${back}`, async () => {
      const run = (): Promise<unknown> => (fails === true ? Promise.reject(new Error('no')) : Promise.resolve('it'));
      const stream = attach(serve({ needs: { kind: 'pixels' }, description: {}, run, close: () => Promise.resolve(), ...(keepsFrames !== undefined && { keepsFrames }) }));
      stream.ask(1);
      const [reply] = await stream.replies(1);
      assert.equal(reply?.buffers.length, back);
    });
  }

  it('takes as many as wait, in the sizes that the algo knows, and gives each stream its own results', async () => {
    const algo = new HeldAlgo([2, 4]);
    const server = serve(algo);
    const streams = [attach(server), attach(server), attach(server)];
    streams[0]?.ask(1);
    await untilBusy(algo);
    for (const [i, stream] of streams.entries()) {
      stream.ask(10 * i + 2);
      stream.ask(10 * i + 3);
    }
    streams[0]?.ask(4);
    algo.letGo();
    const replies = await Promise.all([streams[0]?.replies(4), streams[1]?.replies(2), streams[2]?.replies(2)]);
    assert.deepEqual(algo.runs, [[1], [12, 22, 2, 13], [23, 3], [4]]);
    for (const reply of replies.flat()) assert.equal(reply?.type === 'done' && reply.result, `of ${reply?.runId}`);
  });

  it('a request that must be alone is, and those around it are batched all the same', async () => {
    const algo = new HeldAlgo([2]);
    const server = serve(algo);
    const [exact, first, second] = [attach(server, 1), attach(server), attach(server)];
    first.ask(1);
    await untilBusy(algo);
    exact.ask(100, true);
    exact.ask(101, true);
    first.ask(2);
    second.ask(12);
    algo.letGo();
    await exact.replies(2);
    await first.replies(2);
    assert.deepEqual(algo.runs, [[1], [100], [12, 2], [101]]);
  });

  it('a batch that fails has failed for each of its streams, and the lane goes on', async () => {
    const algo = new HeldAlgo([2], true);
    const server = serve(algo);
    const [first, second] = [attach(server), attach(server)];
    first.ask(1);
    await untilBusy(algo);
    first.ask(2);
    second.ask(12);
    algo.letGo();
    const replies = [...(await first.replies(2)), ...(await second.replies(1))];
    assert.deepEqual(replies.map((reply) => (reply.type === 'failed' ? reply.error.message : reply.result)), ['of 1', 'no memory', 'no memory']);
    first.ask(3);
    assert.equal((await first.replies(3))[2]?.type, 'done');
  });

  it('what a stream waits with is forgotten when it leaves', async () => {
    const algo = new HeldAlgo([]);
    const server = serve(algo);
    const [stays, leaves] = [attach(server), attach(server)];
    stays.ask(1);
    await untilBusy(algo);
    leaves.ask(11);
    stays.ask(2);
    await leaves.leave();
    algo.letGo();
    await stays.replies(2);
    assert.deepEqual(algo.runs, [[1], [2]]);
  });
});
