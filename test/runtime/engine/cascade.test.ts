import assert from 'node:assert/strict';
import { inspect } from 'node:util';

import type { UserAlgo } from '../../../dist/runtime/algo/index.js';
import type { AlgoResult, Detection, Frame, StreamPlanInput } from '../../../dist/runtime/base/index.js';
import { type FlowRequest, openEngine } from '../../../dist/runtime/engine/index.js';
import { dataPath } from '../../support/data.js';
import { EngineProbe, playToEnd } from '../../support/engine.js';

type Algo = NonNullable<StreamPlanInput['algos']>[number] & { readonly crops?: Record<string, unknown> };
type Thing = { readonly label?: string; readonly box: Detection['box']; readonly trackId?: number; readonly parts?: Readonly<Record<string, unknown>> };

const SOURCE = { location: 'test:?width=320&height=240&fps=25&seconds=1' };

function box(...[xmin, ymin, xmax, ymax]: readonly [number, number, number, number]): Detection['box'] {
  return { xmin, ymin, xmax, ymax };
}

function thing(label: string, at: Detection['box'], more: object = {}): Thing {
  return { label, score: 0.9, box: at, classId: 0, ...more } as Thing;
}

/** Plays the source to its end: `find` finds things, `look` is run on their crops. */
async function cascade(
  find: (frame: Frame) => unknown,
  look: (frame: Frame) => unknown,
  given: { crops?: Record<string, unknown>; parent?: Partial<Algo>; child?: Partial<Algo>; source?: { location: string }; mode?: 'realtime' } = {},
): Promise<EngineProbe & { readonly end: Awaited<ReturnType<EngineProbe['ended']>>; readonly looked: Frame[] }> {
  const looked: Frame[] = [];
  const localAlgos = new Map<string, UserAlgo>([
    ['things', { run: ([frame]) => find(frame as Frame) }],
    ['looks', { run: ([frame]) => { looked.push(frame as Frame); return look(frame as Frame); } }],
  ]);
  const algos = [
    { id: 'things', name: 'things', kind: 'local', interval: 0.2, ...given.parent },
    { id: 'looks', name: 'looks', kind: 'local', interval: 0, crops: { of: 'things', ...given.crops }, ...given.child },
  ] as Algo[];
  const played = await playToEnd({ source: given.source ?? SOURCE, algos, ...(given.mode && { mode: given.mode }) }, { localAlgos });
  return Object.assign(played, { looked });
}

function resultsOf({ results }: EngineProbe, algo: string): AlgoResult[] {
  return results.filter((result) => result.algo === algo);
}

function errorsOf({ events }: EngineProbe): string[] {
  return events.filter((event) => event.event === 'error').map(({ error }) => error.message);
}

describe('an algo on crops of another one\'s detections', () => {
  it('runs on each thing, and what it gives is nested in it', async () => {
    const [person, dog] = [thing('person', box(10, 20, 110, 220)), thing('dog', box(200, 100, 300, 160))];
    const played = await cascade(() => [person, dog, 'no thing', { label: 'of the picture', score: 1 }], ({ crop }) => crop?.xmin);
    const results = resultsOf(played, 'looks');
    assert.deepEqual(results.map(({ frame }) => frame.index), [5, 10, 15, 20, 25]);
    for (const { result } of results) {
      assert.deepEqual(result, [{ ...person, parts: { looks: 0 } }, { ...dog, parts: { looks: 190 } }, 'no thing', { label: 'of the picture', score: 1 }]);
    }
    assert.deepEqual(resultsOf(played, 'things')[0]?.result, [person, dog, 'no thing', { label: 'of the picture', score: 1 }], 'the other one\'s stays as it is');
    assert.deepEqual(played.results.map(({ algo }) => algo).slice(0, 4), ['things', 'looks', 'things', 'looks'], 'in order');
    assert.deepEqual(played.end.totals.algos, { things: { runs: 5, skipped: {} }, looks: { runs: 5, skipped: {} } });
    for (const [i, { frame, timing }] of results.entries()) {
      const before = resultsOf(played, 'things')[i] ?? assert.fail();
      assert.deepEqual(frame, before.frame);
      assert.ok(timing.inferenceMs > 0 && timing.latencyMs >= before.timing.latencyMs);
    }
    assert.equal(played.end.totals.stats.algos['looks']?.inference.count, 5);
  });

  it('gets the source\'s pixels of the box and its surroundings, and is told where they lie', async () => {
    const played = await cascade(() => [thing('a', box(100, 60, 140, 80))], (frame) => [frame.width, frame.height, frame.data.length], { crops: { padding: 0.5 } });
    const [frame] = played.looked;
    assert.deepEqual(frame?.crop, { xmin: 80, ymin: 50, xmax: 160, ymax: 90 });
    assert.deepEqual([frame.width, frame.height, frame.format, frame.strideBytes, frame.data.length], [80, 40, 'bgr24', 240, 80 * 40 * 3]);
    const whole = await cascade((frame) => [{ box: box(0, 0, 320, 240), sample: [...frame.data.subarray((50 * 320 + 80) * 3, (50 * 320 + 80) * 3 + 30)] }], () => 0);
    const [{ sample }] = resultsOf(whole, 'things')[0]?.result as [{ sample: number[] }];
    assert.deepEqual([...frame.data.subarray(0, 30)], sample, 'the same pixels as in the whole frame');
  });

  it('the producer\'s size is not the crops\'', async () => {
    const localAlgos = new Map<string, UserAlgo>([
      ['things', { run: ([frame]) => [{ box: box(100, 60, 140, 80), width: frame?.width }] }],
      ['looks', { run: ([frame]) => [frame?.width, frame?.height] }],
    ]);
    const played = await playToEnd({
      source: SOURCE, producer: { width: 80, height: 80, backend: 'libav' },
      algos: [{ id: 'things', name: 'things', kind: 'local' }, { id: 'looks', name: 'looks', kind: 'local', interval: 0, crops: { of: 'things', padding: 0 } }],
    }, { localAlgos });
    assert.deepEqual(resultsOf(played, 'looks')[0]?.result, [{ box: box(100, 60, 140, 80), width: 80, parts: { looks: [40, 20] } }]);
  });

  it('leaves out labels that are not wanted, small things, what is no box, and what is too much; all stay in the result', async () => {
    const things = [
      thing('cat', box(0, 0, 100, 100)), thing('person', box(0, 0, 10, 100)), thing('person', box(NaN, 0, 100, 100)), thing('person', box(400, 0, 500, 100)),
      thing('person', box(50, 50, 50, 100)), { box: box(0, 0, 100, 100) }, thing('person', box(1, 0, 100, 100)), thing('dog', box(2, 0, 100, 100)), thing('person', box(3, 0, 100, 100)),
    ];
    const played = await cascade(() => things, () => 'seen', { crops: { labels: ['person', 'dog'], minSize: 20, most: 2 } });
    const [{ result } = { result: undefined }] = resultsOf(played, 'looks');
    assert.deepEqual((result as Thing[]).map(({ parts }) => parts), [...Array.from({ length: 6 }, () => undefined), { looks: 'seen' }, { looks: 'seen' }, undefined]);
    assert.deepEqual(played.end.totals.algos['looks'], { runs: 5, skipped: {} }, 'what is left out is no drop');
  });

  it('nothing found: nothing is run, and that is told', async () => {
    const played = await cascade(() => [], () => assert.fail());
    assert.deepEqual(resultsOf(played, 'looks').map(({ result, timing }) => [result, timing.inferenceMs]), Array.from({ length: 5 }, () => [[], 0]));
    assert.equal(played.end.totals.stats.algos['looks']?.inference.count, 0);
  });

  it('at most every interval', async () => {
    const played = await cascade(() => [thing('a', box(0, 0, 50, 50))], () => 1, { child: { interval: 0.4 } });
    assert.deepEqual(resultsOf(played, 'looks').map(({ frame }) => frame.index), [5, 15, 25]);
  });

  it('on what was found in crops: it is nested deeper, and keeps what the others found', async () => {
    const localAlgos = new Map<string, UserAlgo>([
      ['cars', { run: () => [thing('car', box(100, 100, 200, 200))] }],
      ['plates', { run: ([frame]) => (frame?.crop === undefined ? [] : [thing('plate', box(frame.crop.xmin + 20, frame.crop.ymin + 60, frame.crop.xmin + 80, frame.crop.ymin + 80))]) }],
      ['colours', { run: () => ['red'] }],
      ['texts', { run: ([frame]) => `${String(frame?.width)}x${String(frame?.height)}` }],
    ]);
    const local = (id: string, of?: string) => ({ id, name: id, kind: 'local' as const, interval: 0, ...(of && { crops: { of, padding: 0 } }) });
    const played = await playToEnd({ source: SOURCE, algos: [local('cars'), local('plates', 'cars'), local('colours', 'cars'), local('texts', 'plates')] }, { localAlgos });
    const plate = thing('plate', box(120, 160, 180, 180));
    assert.deepEqual(resultsOf(played, 'texts')[0]?.result, [thing('car', box(100, 100, 200, 200), { parts: { plates: [{ ...plate, parts: { texts: '60x20' } }] } })]);
    assert.deepEqual(resultsOf(played, 'colours')[0]?.result, [thing('car', box(100, 100, 200, 200), { parts: { colours: ['red'] } })]);
    assert.equal(resultsOf(played, 'texts').length, 25);
  });

  it('the same number of a track once, and again when it has grown; what was given is told on', async () => {
    const sides = [40, 45, 50, 60, 62, 20];
    let at = 0;
    const find = (): Thing[] => {
      const side = sides[at] ?? 20;
      at += 1;
      return [thing('person', box(100, 100, 100 + side, 100 + side)), thing('dog', box(200, 20, 260, 80), { score: 0.1 })];
    };
    let runs = 0;
    const played = await cascade(find, () => (runs += 1), { parent: { track: true, interval: 0.16 }, crops: { rerun: 'new' } });
    const parts = resultsOf(played, 'looks').map(({ result }) => (result as Thing[]).map((each) => [each.trackId, each.parts?.['looks']]));
    // 50² is 1.56 times 40², 62² is 1.54 times 50²; the dog is too unsure to be followed
    assert.deepEqual(parts, [[1, 1], [1, 1], [1, 2], [1, 2], [1, 3], [1, 3]].map((person) => [person, [undefined, undefined]]));
    assert.equal(played.looked.length, 3);
  });

  it('of many new things as many a frame as it may, until all have been seen', async () => {
    const many = Array.from({ length: 5 }, (_, i) => thing('person', box(i * 60, 10, i * 60 + 40, 60)));
    const played = await cascade(() => many, ({ crop }) => crop?.xmin, { parent: { track: true }, crops: { rerun: 'new', most: 2 } });
    const counts = resultsOf(played, 'looks').map(({ result }) => (result as Thing[]).filter(({ parts }) => parts !== undefined).length);
    assert.deepEqual(counts, [2, 4, 5, 5, 5]);
    assert.equal(played.looked.length, 5);
  });

  describe('bad input', () => {
    for (const found of ['text', 7, null, { label: 'a' }, [1, 2], [{ label: 'cat', score: 0.9, classId: 3 }]]) {
      it(`the algo before it gives ${inspect(found)}: it says what it expects, and the stream plays on`, async () => {
        const played = await cascade(() => found, () => assert.fail());
        assert.deepEqual(errorsOf(played), ['looks: expected a list of things with a box from the algo before it; let it run on the whole frame, or behind a detector']);
        assert.equal(resultsOf(played, 'things').length, 5);
        assert.deepEqual(played.end.totals.algos['looks'], { runs: 0, skipped: { failed: 5 } });
      });
    }

    it('the algo before it fails: it has no turn', async () => {
      const played = await cascade(({ index }) => (index === 10 ? assert.fail('broken') : [thing('a', box(0, 0, 50, 50))]), () => 1);
      assert.deepEqual(errorsOf(played), ['things: broken']);
      assert.deepEqual(played.end.totals.algos, { things: { runs: 4, skipped: { failed: 1 } }, looks: { runs: 4, skipped: {} } });
    });

    it('it fails on one of the crops: the frame\'s run has failed, the next ones go on', async () => {
      const played = await cascade(() => [thing('a', box(0, 0, 50, 50)), thing('b', box(100, 100, 150, 150))], ({ index, crop }) => (index === 10 && crop?.xmin !== 0 ? assert.fail('broken') : 1));
      assert.deepEqual(errorsOf(played), ['looks: broken']);
      assert.deepEqual(resultsOf(played, 'looks').map(({ frame }) => frame.index), [5, 15, 20, 25]);
      assert.deepEqual(played.end.totals.algos['looks'], { runs: 4, skipped: { failed: 1 } });
    });
  });

  it('code that was typed, and a flow, are told where the crop lies', async () => {
    const things = { id: 't', name: 'things', kind: 'code' as const, code: `return [{ box: { xmin: 101, ymin: 61, xmax: 140, ymax: 80 } }]`, interval: 0.5 };
    const crops = { of: 't', padding: 0 };
    const requests: FlowRequest[] = [];
    const probe: EngineProbe = await EngineProbe.open((handlers) => openEngine({}, { ...handlers, onFlowRequest: (request) => {
      requests.push(request);
      probe.engine.answer({ requestId: request.requestId, streamId: 's', algoId: request.algoId, result: request.images.length });
    } }));
    await probe.start({ source: SOURCE, algos: [
      things,
      { id: 'c', name: 'code', kind: 'code', code: 'return [frames.length, frames[0].crop]', interval: 0, crops },
      { id: 'f', name: 'flow', kind: 'flow', interval: 0, crops, options: { limit: 4 } },
    ] });
    await probe.ended();
    await probe.engine.close();
    const place = box(100, 60, 140, 80);
    assert.deepEqual(errorsOf(probe), []);
    const partsOf = (algo: string): unknown[] => resultsOf(probe, algo).map(({ result }) => (result as Thing[])[0]?.parts);
    assert.deepEqual(partsOf('code'), [{ code: [1, place] }, { code: [1, place] }]);
    assert.deepEqual(partsOf('flow'), [{ flow: 1 }, { flow: 1 }]);
    const [{ images: [image] } = assert.fail()] = requests;
    assert.deepEqual([image?.format, image?.width, image?.height, image?.crop], ['jpeg', 40, 20, place]);
  });

  it('in realtime it holds nobody up: what it cannot do is counted', async () => {
    const played = await cascade(() => [thing('a', box(0, 0, 50, 50)), thing('b', box(100, 100, 150, 150))], () => new Promise((resolve) => { setTimeout(resolve, 100, 'slow'); }), {
      mode: 'realtime', parent: { interval: 0.08 }, source: { location: 'test:?width=320&height=240&fps=25&seconds=2' },
    });
    const turnsOf = (algo: string): { runs: number; busy: number } => {
      const { runs, skipped } = played.end.totals.algos[algo] ?? assert.fail();
      return { runs, busy: skipped['busy'] ?? 0 };
    };
    const [things, looks] = [turnsOf('things'), turnsOf('looks')];
    assert.ok(things.runs > 0.7 * (things.runs + things.busy), `the detector goes on: ${JSON.stringify(things)}`);
    assert.ok(looks.runs >= 3 && looks.busy >= 3, JSON.stringify(looks));
    assert.equal(looks.runs + looks.busy, things.runs, 'each result is a turn');
    for (const { frame, result } of resultsOf(played, 'looks')) {
      assert.deepEqual((result as Thing[]).map(({ parts }) => parts?.['looks']), ['slow', 'slow']);
      assert.ok(resultsOf(played, 'things').some((before) => before.frame.index === frame.index));
    }
  });

  describe('with models', () => {
    const algos = (batch: number, child = dataPath('models/variants/yolox_nano_yolov8fmt.onnx')) => [
      { id: 'o', name: 'objects', kind: 'onnx' as const, model: dataPath('models/det/yolox_nano_416.onnx'), interval: 1, options: { labels: ['person'] } },
      { id: 'f', name: 'again', kind: 'onnx' as const, model: child, interval: 0, crops: { of: 'o', minSize: 30, padding: 0.5, most: 5 }, options: { batch, labels: ['person'] } },
    ];
    const source = { location: dataPath('videos/vtest_pets09_s2l1_h264.mp4'), position: 74 };
    const partsOf = ({ results }: EngineProbe): Thing[][] => results.filter(({ algo }) => algo === 'again').map(({ result }) => result as Thing[]);

    it('a detector finds in the crop what was found in the frame, at the same place of the frame', async () => {
      const played = await playToEnd({ source, algos: algos(1) });
      const people = partsOf(played).flat().filter(({ parts }) => parts !== undefined);
      assert.ok(people.length >= 20, `${people.length} people`);
      const found = people.filter(({ box: outer, parts }) => (parts?.['again'] as Thing[]).some((inner) => overlap(inner.box, outer) > 0.7));
      for (const { box: outer, parts } of people) {
        const [dx, dy] = [(outer.xmax - outer.xmin) / 2 + 2, (outer.ymax - outer.ymin) / 2 + 2];
        for (const { box: inner } of parts?.['again'] as Thing[]) {
          assert.ok(inner.xmin >= outer.xmin - dx && inner.ymin >= outer.ymin - dy && inner.xmax <= outer.xmax + dx && inner.ymax <= outer.ymax + dy, 'nothing is found beyond the crop');
        }
      }
      assert.ok(found.length > 0.7 * people.length, `${found.length} of ${people.length}`);
    });

    it('several crops at once give the same bytes, and count as one run', async () => {
      const [alone, batched] = [await playToEnd({ source, algos: algos(1) }), await playToEnd({ source, algos: algos(4) })];
      assert.equal(JSON.stringify(partsOf(batched)), JSON.stringify(partsOf(alone)));
      assert.ok(partsOf(alone).flat().length > 0);
      assert.equal(batched.end.totals.algos['again']?.runs, batched.end.totals.algos['objects']?.runs);
    });
  });
});

function overlap(a: Detection['box'], b: Detection['box']): number {
  const width = Math.min(a.xmax, b.xmax) - Math.max(a.xmin, b.xmin);
  const height = Math.min(a.ymax, b.ymax) - Math.max(a.ymin, b.ymin);
  const area = (each: Detection['box']): number => (each.xmax - each.xmin) * (each.ymax - each.ymin);
  const common = Math.max(0, width) * Math.max(0, height);
  return common / (area(a) + area(b) - common);
}
