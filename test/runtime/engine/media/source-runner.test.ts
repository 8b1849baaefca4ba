import assert from 'node:assert/strict';

import { type StreamPlanInput } from '../../../../dist/runtime/base/index.js';
import { resolveStreamPlan } from '../../../../dist/runtime/base/plan.js';
import { SourceRunner } from '../../../../dist/runtime/engine/media/source-runner.js';
import type { StreamRunner } from '../../../../dist/runtime/engine/media/stream-runner.js';
import type { MediaMessage } from '../../../../dist/runtime/engine/messages.js';
import type { Decoder, MediaBackend, OpenDecoderOptions } from '../../../../dist/runtime/media/index.js';
import { FakeClock } from '../../../support/fake-clock.js';

const THREADS = { decode: 1, encode: 1 };

/** A source of a size, without pictures, that notes how it is opened and sought. */
class FakeSource {
  readonly sizes: object[] = [];
  readonly seeks: number[] = [];
  readonly messages: MediaMessage[] = [];
  readonly runner: SourceRunner;
  readonly #streams: StreamRunner[] = [];
  #opened!: () => void;
  readonly opened = new Promise<void>((resolve) => { this.#opened = resolve; });

  readonly #name: MediaBackend['name'];

  constructor(name: MediaBackend['name'], producers: readonly StreamPlanInput['producer'][]) {
    this.#name = name;
    const plans = producers.map((producer, i) => resolveStreamPlan({ id: String(i), name: 'fake', mode: 'offline', source: { location: 'test:' }, producer }));
    const [plan] = plans;
    assert.ok(plan);
    const backend = { name, version: 'fake', openDecoder: (options: OpenDecoderOptions) => Promise.resolve(this.#open(options)) } as unknown as MediaBackend;
    this.runner = new SourceRunner({
      plan, backend, threads: 1, clock: new FakeClock(),
      post: (message) => {
        this.messages.push(message);
        if (message.type === 'opened') this.#opened();
      },
    });
    for (const added of plans) this.#streams.push(this.runner.add({ plan: added, threads: THREADS, epoch: 0 }));
  }

  /** Plays it to its end; `before` is done when it is open. */
  async play(before: (streams: readonly StreamRunner[]) => void = () => undefined): Promise<string[]> {
    const run = this.runner.run();
    await this.opened;
    before(this.#streams);
    for (const stream of this.#streams) stream.attachLanes([]);
    this.runner.begin();
    await run;
    while (this.#ends.length < this.#streams.length) await new Promise((resolve) => setImmediate(resolve));
    return this.#ends;
  }

  get #ends(): string[] {
    return this.messages.flatMap((message) => (message.type === 'event' && message.event.event === 'ended' ? [message.event.reason] : []));
  }

  #open({ producer: { width, height } }: OpenDecoderOptions): Decoder {
    this.sizes.push({ ...(width !== undefined && { width }), ...(height !== undefined && { height }) });
    const info = {
      width: 640, height: 360, fps: { num: 25, den: 1 }, live: false, codec: '', container: '', pixelFormat: '', rotation: 0, backend: this.#name, hasAudio: false,
    };
    return {
      info, damaged: 0, frames: { passed: 0, decided: 0, decoded: 0 },
      next: () => Promise.resolve(undefined),
      seek: (position) => { this.seeks.push(position); return Promise.resolve(); },
      interrupt: () => undefined,
      close: () => Promise.resolve(),
    };
  }
}

describe('engine, one source for several streams', () => {
  const cases: readonly [string, MediaBackend['name'], StreamPlanInput['producer'][], object[]][] = [
    ['the ffmpeg program makes the size that all want', 'ffmpeg', [{ width: 320 }, { width: 320, fps: 5 }], [{ width: 320 }]],
    ['the ffmpeg program makes the source’s size where they want several', 'ffmpeg', [{ width: 320 }, { width: 160 }], [{ width: 320 }, {}]],
    ['the libraries, which give each its own size, are opened once', 'libav', [{ width: 320 }, { width: 160 }], [{ width: 320 }]],
  ];
  for (const [title, name, producers, sizes] of cases) {
    it(title, async () => {
      const source = new FakeSource(name, producers);
      assert.deepEqual(await source.play(), ['finished', 'finished']);
      assert.deepEqual(source.sizes, sizes);
    });
  }

  it('a seek that is wanted by several is done once', async () => {
    const source = new FakeSource('libav', [{}, {}]);
    const replies: Promise<void>[] = [];
    await source.play((streams) => { for (const stream of streams) replies.push(stream.command({ action: 'seek', position: 7 })); });
    await Promise.all(replies);
    assert.deepEqual(source.seeks, [7]);
  });

  it('a seek elsewhere takes the place of one that waits', async () => {
    const source = new FakeSource('libav', [{}, {}]);
    let replies: Promise<PromiseSettledResult<void>[]> = Promise.resolve([]);
    await source.play((streams) => { replies = Promise.allSettled(streams.map((stream, i) => stream.command({ action: 'seek', position: i }))); });
    assert.deepEqual((await replies).map(({ status }) => status), ['rejected', 'fulfilled']);
    assert.deepEqual(source.seeks, [1]);
  });

  it('a source that nobody plays any more takes no further stream', async () => {
    const source = new FakeSource('libav', [{}, {}]);
    const over: boolean[] = [];
    const ends = await source.play((streams) => {
      for (const stream of streams) {
        over.push(source.runner.isOver);
        stream.stop();
      }
      over.push(source.runner.isOver);
    });
    assert.deepEqual([over, ends], [[false, false, true], ['stopped', 'stopped']]);
  });
});
