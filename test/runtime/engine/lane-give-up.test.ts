import assert from 'node:assert/strict';
import { once } from 'node:events';
import { MessageChannel, type MessagePort } from 'node:worker_threads';

import { type LaneAlgo, laneAlgoOf, type UserAlgo } from '../../../dist/runtime/algo/index.js';
import { makeDeferred } from '../../../dist/runtime/base/index.js';
import { LaneServer } from '../../../dist/runtime/engine/lane-server.js';
import type { LaneReply, LaneRequest } from '../../../dist/runtime/engine/messages.js';

/** An algo whose runs end when they are told to, or when `release` is called. */
class Waiting implements UserAlgo {
  readonly reasons: unknown[] = [];
  readonly #heeds: boolean;
  readonly #runs: (() => void)[] = [];
  #wake: (() => void) | undefined;

  constructor(heeds: boolean) {
    this.#heeds = heeds;
  }

  get begun(): number {
    return this.#runs.length;
  }

  /** Resolves when something has happened to a run. */
  news(): Promise<void> {
    return new Promise((resolve) => { this.#wake = resolve; });
  }

  /** Ends the run that began last. */
  release(): void {
    this.#runs.at(-1)?.();
  }

  async run(_frames: unknown, { signal }: { readonly signal: AbortSignal }): Promise<string> {
    signal.addEventListener('abort', () => {
      this.reasons.push((signal.reason as Error).message);
      this.#wake?.();
    });
    await new Promise<void>((resolve, reject) => {
      this.#runs.push(resolve);
      this.#wake?.();
      if (this.#heeds) signal.addEventListener('abort', () => { reject(signal.reason as Error); });
    });
    return 'done';
  }
}

describe('engine/lane-server, runs that are given up', () => {
  const ports: MessagePort[] = [];
  afterEach(() => { for (const port of ports.splice(0)) port.close(); });

  type Stream = {
    readonly ask: (...requests: LaneRequest[]) => void;
    /** Asks, and resolves when the server has heard it. */
    readonly tell: (request: LaneRequest) => Promise<void>;
    readonly reply: () => Promise<LaneReply>;
  };

  async function serve(algo: UserAlgo): Promise<Stream> {
    return attach(serverOf(await laneAlgoOf(algo, { name: 'a', stream: 's', kwargs: {} })));
  }

  function serverOf(algo: LaneAlgo): LaneServer {
    return new LaneServer(algo, { name: 'a', timeout: 60 });
  }

  function attach(server: LaneServer): Stream {
    const { port1, port2 } = new MessageChannel();
    ports.push(port1, port2);
    server.attach(port2, 0);
    const replies: LaneReply[] = [];
    port1.on('message', (reply: LaneReply) => replies.push(reply));
    return {
      ask: (...requests) => { for (const request of requests) port1.postMessage(request); },
      tell: async (request) => {
        const heard = once(port2, 'message');
        port1.postMessage(request);
        await heard;
      },
      reply: async () => {
        if (replies.length === 0) await once(port1, 'message');
        return replies.shift() ?? assert.fail();
      },
    };
  }
  const run = (runId: number): LaneRequest => ({ type: 'run', runId, frames: [], alone: false, sentAtMs: 0 });
  const giveUp = (runId: number): LaneRequest => ({ type: 'give-up', runId });

  it('a run that is given up hears of it through its signal, and is answered when it has ended', async () => {
    const algo = new Waiting(true);
    const { ask, reply } = await serve(algo);
    ask(run(1));
    await algo.news();
    ask(giveUp(1));
    const answer = await reply();
    assert.deepEqual([answer.runId, answer.type], [1, 'failed']);
    assert.deepEqual(algo.reasons, ['a: given up for a newer turn']);
  });

  it('one that does not heed it goes on, and none begins beside it', async () => {
    const algo = new Waiting(false);
    const { ask, reply } = await serve(algo);
    ask(run(1));
    await algo.news();
    ask(giveUp(1), run(2));
    await algo.news();
    assert.equal(algo.begun, 1);
    const begins = algo.news();
    algo.release();
    assert.deepEqual((await reply()).type, 'done');
    await begins;
    assert.equal(algo.begun, 2);
    algo.release();
    const next = await reply();
    assert.deepEqual([next.runId, next.type], [2, 'done']);
  });

  it('one that has not begun does not begin', async () => {
    const algo = new Waiting(true);
    const { ask, reply } = await serve(algo);
    ask(run(1));
    await algo.news();
    ask(run(2), giveUp(2), giveUp(1));
    assert.deepEqual([(await reply()).runId, (await reply()).runId], [1, 2]);
    assert.equal(algo.begun, 1);
  });

  it('a batch stops when all of its streams have given it up, and not before', async () => {
    const first = makeDeferred();
    const sizes: number[] = [];
    let isAborted = false;
    let began = makeDeferred();
    const server = serverOf({
      needs: { kind: 'pixels' }, description: {},
      run: async () => { began.resolve(); await first.promise; },
      batch: {
        sizes: [2], exact: true,
        run: async (windows, signal) => {
          sizes.push(windows.length);
          began.resolve();
          return await new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              isAborted = true;
              reject(signal.reason as Error);
            });
          });
        },
      },
      close: () => Promise.resolve(),
    });
    const [left, right] = [attach(server), attach(server)];
    left.ask(run(1));
    await began.promise;
    began = makeDeferred();
    await left.tell(run(2));
    await right.tell(run(1));
    first.resolve();
    assert.equal((await left.reply()).type, 'done');
    await began.promise;
    await left.tell(giveUp(2));
    assert.equal(isAborted, false);
    await right.tell(giveUp(1));
    assert.equal(isAborted, true);
    assert.deepEqual([(await left.reply()).type, (await right.reply()).type, sizes], ['failed', 'failed', [2]]);
  });

  it('what is not under way cannot be given up', async () => {
    const algo = new Waiting(true);
    const { ask, reply } = await serve(algo);
    ask(giveUp(7), run(1), giveUp(1));
    assert.equal((await reply()).runId, 1);
    ask(giveUp(1), run(2), giveUp(2));
    assert.equal((await reply()).runId, 2);
  });
});
