import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync, copyFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

import { BEACH, CENTERNET, exampleNames, nodeNamed, readExample, readWholeLines, TapReader, TRAIN, withFields, withTaps, type Flow } from '../support/flows.js';
import { dataPath } from '../support/data.js';
import { itWithPython, pythonFolder } from '../support/python.js';
import { startInferenceServer } from '../support/servers/open-inference.js';
import { startNodeRed, type NodeRed } from '../support/node-red.js';
import { startRtspServer, type RtspServer } from '../support/servers/index.js';

const run = promisify(execFile);

type Box = { readonly xmin: number; readonly ymin: number; readonly xmax: number; readonly ymax: number };
type Detections = readonly { readonly label: string; readonly score: number; readonly box: Box }[];
type Event = { readonly event: string; readonly algos?: Record<string, { runs: number }>; readonly frames?: { delivered: number } };

const EXAMPLES = resolve(__dirname, '../../examples');
const MODEL = { model: CENTERNET };

describe('every example does what it promises', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed | undefined;
  let rtsp: RtspServer | undefined;

  afterEach(async () => {
    await nodeRed?.stop();
    await rtsp?.stop();
    nodeRed = undefined;
    rtsp = undefined;
  });

  async function start(flows: Flow): Promise<{ readonly taps: TapReader; readonly server: NodeRed; readonly click: (name: string) => Promise<void> }> {
    const server = await startNodeRed({ flows });
    nodeRed = server;
    const click = async (name: string): Promise<void> => {
      await server.admin(`/inject/${nodeNamed(flows, name).id}`, { method: 'POST' });
    };
    return { taps: new TapReader(server), server, click };
  }

  it('01: what is in a file is listed and recorded', async () => {
    const flow = withFields(readExample('01 Detect in a file and record'), { video: { location: BEACH }, objects: MODEL });
    const { taps, server, click } = await start(withTaps(flow, { saved: { node: 'annotated.mp4' }, news: { node: 'results', output: 1 } }));
    await click('play it');
    const saved = await taps.until('finished recording', () => taps.payloads<{ state: string; path: string; frames: number }>('saved').find(({ state }) => state === 'finished'));
    const ended = await taps.until('end', () => taps.payloads<Event>('news').find(({ event }) => event === 'ended'));
    const folder = join(server.userDir, 'recordings');
    const lines = await taps.until('every line', () => {
      const found = readWholeLines(join(folder, 'detections.jsonl'));
      return found.length >= (ended.algos?.['objects']?.runs ?? Infinity) && found;
    });
    assert.equal(lines.length, 80, 'a run every 5 of 400 frames');
    for (const line of lines) {
      const { algo, result } = JSON.parse(line) as { algo: string; result: Detections };
      assert.equal(algo, 'objects');
      assert.ok(result.some(({ label, score }) => label === 'person' && score > 0.3));
      assert.ok(result.every(({ label }) => label === 'person'), 'only what Labels names');
    }
    assert.deepEqual(readdirSync(folder).filter((file) => /^video-\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d\.mp4$/.test(file)).map((file) => join(folder, file)), [saved.path]);
    assert.equal(await frameCount(saved.path), 400);
  });

  it('02: one message when somebody comes, one after the last was seen; the camera may be lost in between', async () => {
    const auth = { username: 'admin', password: 's3cret' };
    rtsp = await startRtspServer({ file: BEACH, auth });
    const given = { camera: { location: rtsp.url, loop: false, timeout: 3 }, persons: MODEL, 'on, and off after 30 s': { duration: '2' } };
    const flow = withTaps(withFields(readExample('02 Camera to a person-seen message with hold-off'), given), {
      light: { node: 'on, and off after 30 s' },
      results: { node: 'results' },
      news: { node: 'results', output: 1 },
    });
    const { taps, server } = await start([{ id: 'empty', type: 'tab', label: 'empty' }]);
    const withPassword = flow.map((node) => (node['name'] === 'camera' ? { ...node, credentials: auth } : node));
    await server.admin('/flows', { method: 'POST', body: JSON.stringify(withPassword) });
    await taps.until('light', () => taps.payloads('light').length === 1);
    const seen = taps.all('results').length;
    await taps.until('more sightings', () => taps.all('results').length >= seen + 3);
    assert.deepEqual(taps.payloads('light'), ['on'], 'one message, however often somebody is seen');
    assert.equal(taps.all('light')[0]?.message['topic'], 'camera');
    const port = Number(new URL(rtsp.url).port);
    await rtsp.stop();
    await taps.until('darkness', () => taps.payloads('light').length === 2);
    assert.deepEqual(taps.payloads('light'), ['on', 'off']);
    rtsp = await startRtspServer({ file: BEACH, auth, port });
    await taps.until('light again', () => taps.payloads('light').length === 3);
    assert.deepEqual(taps.payloads('light'), ['on', 'off', 'on']);
    const news = taps.payloads<Event>('news').map(({ event }) => event);
    assert.ok(news.includes('stalled') && news.includes('reconnected'), news.join());
    const written = readWholeLines(join(server.userDir, 'taps.jsonl')).join() + readWholeLines(join(server.userDir, 'flows.json')).join() + server.logs.join();
    assert.doesNotMatch(written, /s3cret/);
  });

  it('03: two algos each at their own interval, and the last result of both on request', async () => {
    const flow = withFields(readExample('03 Two algos at different intervals'), { video: { location: BEACH }, objects: MODEL });
    const { taps, click } = await start(withTaps(flow, { results: { node: 'results' } }));
    const positionsOf = (algo: string): number[] => taps.all('results').filter(({ message }) => message['algo'] === algo).map(({ message }) => message['position'] as number);
    await taps.until('three looks at objects', () => positionsOf('objects').length >= 3);
    assert.ok(meanStep(positionsOf('objects')) > 1.8, `objects every 2 s: ${positionsOf('objects').join()}`);
    assert.ok(meanStep(positionsOf('motion')) < 1, `motion every 0.2 s: ${positionsOf('motion').join()}`);
    await click('last of each');
    const answer = await taps.until('answer', () => taps.all('results').find(({ message }) => message['query'] !== undefined));
    const kept = answer.message.payload as { algo: string; payload: Detections }[];
    assert.deepEqual(kept.map(({ algo }) => algo).sort(), ['motion', 'objects']);
    assert.equal(kept.find(({ algo }) => algo === 'objects')?.payload[0]?.label, 'person');
  });

  it('04: three cameras share a producer and an algo, and each result tells whose it is', async () => {
    const given = { gate: { location: BEACH }, yard: { location: TRAIN }, objects: MODEL };
    const flow = withFields(readExample('04 Several cameras into one algo'), given);
    const { taps } = await start(withTaps(flow, { gate: { node: 'which camera?' }, yard: { node: 'which camera?', output: 1 }, door: { node: 'which camera?', output: 2 } }));
    const sizes = { gate: [640, 360], yard: [1024, 576], door: [640, 360] };
    for (const [camera, [width, height]] of Object.entries(sizes)) {
      const { message } = await taps.until(`result of ${camera}`, () => taps.all(camera)[1]);
      assert.equal(message['topic'], camera);
      const stream = message['stream'] as { name: string; width: number; height: number; fps: number };
      assert.deepEqual([stream.name, stream.fps <= 10.01], [camera, true]);
      if (camera !== 'yard') assert.deepEqual([stream.width, stream.height], [width, height]);
    }
    assert.equal((taps.payloads<Detections>('gate')[0] ?? [])[0]?.label, 'person');
    assert.deepEqual(taps.payloads<Detections>('door')[0], [], 'a test picture has no objects in it');
  });

  it('05: a module of the package runs as an algo, and a copy in the user directory as well', async () => {
    const flow = readExample('05 Your own algo in JavaScript');
    const own = withFields(flow, { brightness: { module: 'my-algo.js', name: 'mine', kwargs: '{ "dark": 255 }' } });
    const { taps, server } = await start(withTaps(flow, { results: { node: 'results' } }));
    const first = await taps.until('result', () => taps.all('results')[0]);
    const { brightness, change, dark } = first.message.payload as Record<string, unknown>;
    assert.ok(typeof brightness === 'number' && brightness > 40 && brightness < 255);
    assert.deepEqual([typeof change, dark], ['number', false]);
    assert.ok((first.message['frame'] as { index: number }).index >= 24, 'the window is full at the first run');
    copyFileSync(join(EXAMPLES, 'brightness.js'), join(server.userDir, 'my-algo.js'));
    await server.admin('/flows', { method: 'POST', body: JSON.stringify(withTaps(own, { results: { node: 'results' } })) });
    const mine = await taps.until('result of the copy', () => taps.all('results').find(({ message }) => message['algo'] === 'mine'));
    assert.equal((mine.message.payload as { dark: boolean }).dark, true, 'its Arguments arrived');
    appendFileSync(join(server.userDir, 'my-algo.js'), '\nBrightness.prototype.run = () => "changed";\n');
    await server.admin('/flows', { method: 'POST', headers: { 'Node-RED-Deployment-Type': 'nodes' }, body: JSON.stringify(withTaps(own, { results: { node: 'results' } })) });
    await taps.until('result of the changed file', () => taps.payloads('results').includes('changed'));
  });

  it('07: the flow makes a result of each frame, and what goes wrong in it is a run that failed', async () => {
    const flow = withTaps(withFields(readExample('07 Snapshots by the flow'), { video: { location: BEACH, loop: true }, snapshots: { interval: 0.5 } }), {
      frames: { node: 'name it' }, results: { node: 'results' }, news: { node: 'results', output: 1 },
    });
    const { taps, server } = await start(flow);
    const results = await taps.until('three results', () => taps.all('results').length >= 3 && taps.all('results'));
    const [frame] = taps.all('frames');
    assert.deepEqual(frame?.message['image'], { format: 'jpeg', width: 640, height: 360 });
    for (const { message } of results) {
      const { file, bytes } = message.payload as { file: string; bytes: number };
      assert.equal(file, `snapshots/video-${(message['position'] as number).toFixed(1)}s.jpg`);
      assert.deepEqual([message['algo'], message['_stream']], ['snapshots', undefined]);
      const { stdout } = await run('ffprobe', ['-v', 'error', '-show_entries', 'stream=codec_name,width,height', '-of', 'csv=p=0', join(server.userDir, file)]);
      assert.equal(stdout.trim(), 'mjpeg,640,360');
      assert.ok(bytes > 5000);
    }
    // a file stands where the folder should be
    rmSync(join(server.userDir, 'snapshots'), { recursive: true });
    writeFileSync(join(server.userDir, 'snapshots'), '');
    const error = await taps.until('failed run', () => taps.payloads<{ event: string; code: string; message: string }>('news').find(({ event }) => event === 'error'));
    assert.equal(error.code, 'ALGO_RUN_FAILED');
    assert.match(error.message, /^snapshots: .*(EEXIST|ENOTDIR|file)/);
    rmSync(join(server.userDir, 'snapshots'));
    const before = taps.all('results').length;
    await taps.until('results again', () => taps.all('results').length > before);
  });

  itWithPython('09: a class of Python runs as an algo', async () => {
    const flow = withFields(readExample('09 An algo in Python'), { brightness: { pythonProgram: pythonFolder() } });
    const { taps, server } = await start([{ id: 'empty', type: 'tab', label: 'empty' }]);
    copyFileSync(join(EXAMPLES, 'brightness.py'), join(server.userDir, 'brightness.py'));
    await server.admin('/flows', { method: 'POST', body: JSON.stringify(withTaps(flow, { results: { node: 'results' } })) });
    const first = await taps.until('result', () => taps.all('results')[0]);
    const { brightness, change, dark } = first.message.payload as Record<string, unknown>;
    assert.ok(typeof brightness === 'number' && brightness > 40 && brightness < 255);
    assert.deepEqual([typeof change, dark], ['number', false]);
  });

  it('10: a model on a server finds what is there; the token is in no flow', async () => {
    const far = await startInferenceServer({ models: { yolox_nano: dataPath('models/det/yolox_nano_416.onnx') }, token: 's3cret' });
    try {
      const flow = withFields(readExample('10 A model on a server'), { video: { location: BEACH, loop: true }, objects: { remoteUrl: far.httpUrl } });
      const { taps, server } = await start([{ id: 'empty', type: 'tab', label: 'empty' }]);
      const withToken = withTaps(flow, { results: { node: 'results' } }).map((node) => (node['name'] === 'objects' ? { ...node, credentials: { remoteToken: 's3cret' } } : node));
      await server.admin('/flows', { method: 'POST', body: JSON.stringify(withToken) });
      const seen = await taps.until('a person', () => taps.payloads<Detections>('results').find((found) => found.some(({ label }) => label === 'person')));
      assert.ok(seen.every(({ score }) => score >= 0.3));
      assert.doesNotMatch(readFileSync(join(server.userDir, 'flows.json'), 'utf8'), /s3cret/);
    } finally {
      await far.stop();
    }
  });

  describe('06: a request is answered with what is in the video', () => {
    type Answer = { readonly status: number; readonly body: { readonly results?: readonly { result: Detections }[]; readonly error?: string; readonly code?: string; readonly frames?: { delivered: number } } };
    const flow = withFields(readExample('06 Offline job over HTTP'), { objects: MODEL });

    async function startWithVideos(given: Flow = flow): Promise<(location: unknown) => Promise<Answer>> {
      const { server } = await start(given);
      mkdirSync(join(server.userDir, 'videos'));
      copyFileSync(BEACH, join(server.userDir, 'videos/beach.mp4'));
      writeFileSync(join(server.userDir, 'videos/text.mp4'), 'no video at all');
      return async (location) => {
        const response = await fetch(`${server.url}/detect`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ location }) });
        return { status: response.status, body: (await response.json()) as Answer['body'] };
      };
    }

    it('two at once get each its own, and the same for the same video', async () => {
      const ask = await startWithVideos();
      const [first, other, second] = await Promise.all([ask('videos/beach.mp4'), ask('test:?fps=5&seconds=3'), ask('videos/beach.mp4')]);
      assert.deepEqual([first.status, other.status, second.status], [200, 200, 200]);
      assert.equal(first.body.frames?.delivered, 400);
      assert.equal(first.body.results?.length, 13, 'a run every 29 of 400 frames');
      assert.ok(first.body.results.every(({ result }) => result.some(({ label }) => label === 'person')));
      assert.deepEqual(other.body.results?.map(({ result }) => result), [[], [], []]);
      assert.deepEqual(second.body.results, first.body.results);
    });

    it('what cannot be played is said, and the next request is answered', async () => {
      const ask = await startWithVideos();
      assert.equal((await ask(undefined)).status, 400);
      assert.equal((await ask('/etc/passwd')).status, 400);
      assert.equal((await ask('videos/../flows.json')).status, 400);
      assert.deepEqual(codeOf(await ask('videos/missing.mp4')), [422, 'SOURCE_NOT_FOUND']);
      assert.deepEqual(codeOf(await ask('videos/text.mp4')), [422, 'SOURCE_OPEN_FAILED']);
      const refused = await ask('test:?fps=0');
      assert.equal(refused.status, 422);
      assert.match(refused.body.error ?? '', /fps/);
      assert.equal((await ask('test:?fps=5&seconds=1')).status, 200);
    });

    it('a model that does not load is the answer', async () => {
      const ask = await startWithVideos(withFields(flow, { objects: { model: 'missing.onnx' } }));
      assert.deepEqual(codeOf(await ask('test:?fps=5&seconds=1')), [500, 'MODEL_NOT_FOUND']);
      assert.deepEqual(codeOf(await ask('test:?fps=5&seconds=1')), [500, 'MODEL_NOT_FOUND']);
    });

    it('the waiting line has an end', async () => {
      const ask = await startWithVideos(withFields(flow, { objects: { kind: 'motion' } }));
      const answers = await Promise.all(Array.from({ length: 13 }, () => ask('test:?fps=5&seconds=1')));
      const count = (wanted: number): number => answers.filter(({ status }) => status === wanted).length;
      assert.deepEqual([count(200), count(503)], [11, 2]);
    });

    const codeOf = ({ status, body }: Answer): unknown[] => [status, body.code];
  });

  it('08: a second algo looks at what the first has found', async () => {
    const flow = withFields(readExample('08 A closer look at what is detected'), { video: { location: BEACH }, objects: MODEL });
    const { taps, click } = await start(withTaps(flow, { results: { node: 'results' }, saved: { node: 'annotated.mp4' }, news: { node: 'results', output: 1 } }));
    await click('play it');
    const ended = await taps.until('end', () => taps.payloads<Event>('news').find(({ event }) => event === 'ended'));
    assert.equal(ended.algos?.['objects']?.runs, 80, 'a run every 5 of 400 frames');
    assert.equal(ended.algos['colour']?.runs, 80, 'at each of its results');
    const looks = await taps.until('all looks', () => {
      const found = taps.all('results').filter(({ message }) => message['algo'] === 'colour');
      return found.length >= 80 && found;
    });
    type Look = { readonly label: string; readonly box: Box; readonly trackId?: number; readonly parts?: { readonly colour: readonly { readonly label: string; readonly score: number }[] } };
    const persons = looks.flatMap(({ message }) => message.payload as readonly Look[]).filter(({ label }) => label === 'person');
    const seen = persons.filter(({ parts }) => parts !== undefined);
    const large = persons.filter(({ box }) => Math.min(box.xmax - box.xmin, box.ymax - box.ymin) >= 24);
    assert.ok(seen.length >= 80 && large.every(({ parts }) => parts !== undefined), `${seen.length} of ${large.length} have a colour`);
    for (const { parts } of seen) assert.ok(parts?.colour.every(({ label, score }) => /^[a-z]+$/.test(label) && score > 0 && score <= 1), JSON.stringify(parts));
    const colours = new Map<number | undefined, Set<string>>();
    for (const { trackId, parts } of seen) colours.set(trackId, (colours.get(trackId) ?? new Set()).add(JSON.stringify(parts)));
    assert.ok(Math.max(...[...colours.values()].map(({ size }) => size)) < 10, 'looked at once, and when it has grown, not at each frame');
    const saved = await taps.until('finished recording', () => taps.payloads<{ state: string; path: string }>('saved').find(({ state }) => state === 'finished'));
    assert.equal(await frameCount(saved.path), 400);
  });

  it('11: faces are found in the crops of persons', async () => {
    const flow = withFields(readExample('11 Faces of persons'), { video: { location: BEACH }, objects: { ...MODEL, interval: 1 }, faces: { model: CENTERNET.replace('centernet', 'blazeface') } });
    const { taps, click } = await start(withTaps(flow, { results: { node: 'results' }, news: { node: 'results', output: 1 } }));
    await click('play it');
    await taps.until('end', () => taps.payloads<Event>('news').find(({ event }) => event === 'ended'));
    type Person = { readonly label: string; readonly box: Box; readonly parts?: { readonly faces: readonly { readonly label: string; readonly box: Box; readonly keypoints: readonly unknown[] }[] } };
    const persons = taps.all('results').filter(({ message }) => message['algo'] === 'faces').flatMap(({ message }) => message.payload as readonly Person[]);
    const faces = persons.flatMap(({ box, parts }) => (parts?.faces ?? []).map((face) => ({ person: box, face })));
    assert.ok(faces.length > 0, JSON.stringify(persons.slice(0, 3)));
    for (const { person, face } of faces) {
      assert.deepEqual([face.label, face.keypoints.length], ['face', 6]);
      const grown = 0.1 * Math.max(person.xmax - person.xmin, person.ymax - person.ymin) + 2;
      assert.ok(face.box.xmin >= person.xmin - grown && face.box.xmax <= person.xmax + grown, JSON.stringify([person, face.box]));
    }
  });

  it('12: a file around each time somebody is there, and one around now', async () => {
    const flow = withFields(readExample('12 Clips of persons'), { video: { location: BEACH, mode: 'realtime', loop: true }, objects: MODEL, clips: { clipMaxLength: 6 } });
    const { taps, server, click } = await start(withTaps(flow, { clips: { node: 'clips' } }));
    type Clip = { readonly event: string; readonly state: string; readonly path: string; readonly frames: number; readonly start: number; readonly end: number; readonly trigger: { position: number; by: string; label?: string }; readonly triggers: number };
    await click('play it');
    const seen = await taps.until('a clip', () => taps.payloads<Clip>('clips').find(({ trigger }) => trigger.by === 'result'));
    assert.deepEqual([seen.event, seen.state, seen.trigger.label], ['recording', 'finished', 'person']);
    assert.ok(seen.start <= seen.trigger.position && seen.trigger.position <= seen.end && seen.triggers > 1);
    assert.equal(await frameCount(seen.path), seen.frames);
    assert.match(seen.path.slice(server.userDir.length), /^.recordings.clips.video-\d{4}-/);
  });

  it('12: a message makes a clip around now', async () => {
    const flow = withFields(readExample('12 Clips of persons'), { video: { location: BEACH, mode: 'realtime', loop: true }, objects: MODEL, clips: { clipOn: 'message' } });
    const { taps, click } = await start(withTaps(flow, { clips: { node: 'clips' }, results: { node: 'results' } }));
    await click('play it');
    await taps.until('results', () => taps.all('results').length > 2);
    assert.deepEqual(taps.all('clips'), [], 'what is found makes none');
    await click('make a clip now');
    const made = await taps.until('a clip', () => taps.payloads<{ trigger: object }>('clips')[0]);
    assert.deepEqual(Object.keys(made.trigger), ['position', 'by']);
  });

  it('14: who passes the line is counted once, and the count can be set back', async () => {
    const video = { location: dataPath('videos/one-by-one-person-detection.mp4'), mode: 'offline' };
    const flow = withFields(readExample('14 Counting at a line'), { video, objects: { model: dataPath('models/det/yolox_nano_416.onnx') } });
    const { taps, click } = await start(withTaps(flow, { passages: { node: 'passages' }, count: { node: 'how many' }, results: { node: 'results' } }));
    await click('play it');
    await taps.until('two counts', () => taps.payloads('count').length >= 2);
    const passages = taps.payloads<{ line: string; direction: string; label: string; trackId: number }>('passages');
    assert.deepEqual(passages.slice(0, 2).map(({ line, direction, label }) => `${label} ${line} ${direction}`), ['person doorway in', 'person doorway in']);
    assert.notEqual(passages[0]?.trackId, passages[1]?.trackId);
    assert.deepEqual(taps.payloads('count').slice(0, 2), [{ in: 1, out: 0, inside: 1 }, { in: 2, out: 0, inside: 2 }]);
    const zones = taps.payloads<readonly { readonly zones: readonly string[] }[]>('results').flat().map(({ zones: own }) => own.join());
    assert.ok(zones.includes('left of it') && zones.includes(''), 'in the zone, and out of it');
    await click('from nothing');
    await taps.until('the count', () => taps.payloads<{ in: number }>('count').at(-1)?.in === 0);
  });

  it('15: the server gets every result; while it is away they wait, and the dispatcher says so', async () => {
    const { server, taps } = await start([{ id: 'empty', type: 'tab', label: 'empty' }]);
    const example = withFields(readExample('15 Results to a server'), { 'my server': { url: `${server.url}/results`, gather: 0.1 } });
    const flow = withTaps(example, { received: { node: 'each once', output: 1 }, news: { node: 'results', output: 1 } });
    const deploy = (next: Flow): Promise<unknown> => server.admin('/flows', { method: 'POST', headers: { 'Node-RED-Deployment-Type': 'nodes' }, body: JSON.stringify(next) });
    await deploy(flow);
    // the flow is being started: it has no such node before
    while ((await fetch(`${server.url}/inject/${nodeNamed(flow, 'play it').id}`, { method: 'POST' })).status === 404) await new Promise((done) => setTimeout(done, 20));
    type Received = { readonly count: number; readonly newest: { readonly frame: { readonly index: number } } };
    await taps.until('results', () => (taps.payloads<Received>('received').at(-1)?.count ?? 0) > 3);
    await deploy(withFields(flow, { 'POST /results': { d: true } }));
    const failing = await taps.until('the sink failing', () => taps.payloads<{ event: string; state: string; name: string }>('news').find(({ event, state }) => event === 'sink' && state === 'failing'));
    assert.equal(failing.name, 'my server');
    const before = taps.payloads<Received>('received').at(-1)?.count ?? 0;
    await deploy(flow);
    await taps.until('what waited', () => (taps.payloads<Received>('received').at(-1)?.count ?? 0) > before + 3);
  });
});

describe('the examples as files', () => {
  it('between them they have every node that the palette offers', () => {
    const used = new Set(exampleNames().flatMap((name) => readExample(name).map(({ type }) => type)));
    for (const type of ['stream-source', 'stream-producer', 'stream-algo', 'stream-dispatcher', 'stream-recorder']) assert.ok(used.has(type), type);
  });

  for (const name of exampleNames()) {
    it(`${name}: tells what to change, and every node has a place of its own`, () => {
      const flow = readExample(name);
      const about = flow.find(({ type }) => type === 'comment');
      assert.match(String(about?.['info']), /\*\*Your|\.onnx/);
      const placed = flow.filter((node) => 'x' in node && node.type !== 'group');
      assert.equal(new Set(placed.map((node) => `${String(node['x'])},${String(node['y'])}`)).size, placed.length);
      for (const node of placed) assert.ok(Number(node['x']) % 5 === 0 && Number(node['y']) % 20 === 0, String(node['name']));
      const ids = new Set(flow.map(({ id }) => id));
      for (const node of flow) for (const id of ((node['wires'] ?? []) as string[][]).flat()) assert.ok(ids.has(id), `${String(node['name'])} is wired to nothing`);
    });
  }
});

function meanStep(positions: readonly number[]): number {
  return ((positions.at(-1) ?? 0) - (positions[0] ?? 0)) / (positions.length - 1);
}

async function frameCount(file: string): Promise<number> {
  const args = ['-v', 'error', '-count_frames', '-select_streams', 'v:0', '-show_entries', 'stream=nb_read_frames', '-of', 'default=nw=1:nk=1', file];
  return Number((await run('ffprobe', args)).stdout);
}
