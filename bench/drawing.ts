// What drawing costs: milliseconds of CPU a frame of 1280 × 720 for five of each kind of thing, the median of 200 frames.
// After a build: npx tsx bench/drawing.ts
import { type Drawable, drawDetections, drawTrails, type Trail, type YuvPlanes } from '../dist/runtime/vision/index.js';

const FRAMES = 200;
const planes: YuvPlanes = { width: 1280, height: 720, strides: [1280, 640, 640], planes: [new Uint8Array(921_600), new Uint8Array(230_400), new Uint8Array(230_400)] };
const place = { scaleX: 1, scaleY: 1 };

const KEYPOINTS = ['nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear', 'left_shoulder', 'right_shoulder', 'left_elbow', 'right_elbow', 'left_wrist', 'right_wrist', 'left_hip', 'right_hip', 'left_knee', 'right_knee', 'left_ankle', 'right_ankle'];

/** Five of 200 × 400 pixels. */
function five(more: (left: number) => Partial<Drawable>): Drawable[] {
  return Array.from({ length: 5 }, (_, i) => {
    const left = 40 + i * 240;
    return { label: 'person', score: 0.87, classId: i, box: { xmin: left, ymin: 160, xmax: left + 200, ymax: 560 }, ...more(left) };
  });
}

/** An outline of 120 places, as masks of that size have. */
function outline(left: number): number[] {
  return Array.from({ length: 120 }, (_, i) => i * (Math.PI / 60)).flatMap((angle) => [left + 100 + 95 * Math.cos(angle), 360 + 190 * Math.sin(angle)]);
}

const trails: Trail[] = five(() => ({})).map(({ box }, i) => ({ classId: i, places: Array.from({ length: 50 }, (_, n) => ({ x: (box?.xmin ?? 0) + n * 3, y: 500 + (n % 7) })) }));
const whole = Array.from({ length: 5 }, (_, i) => i * 144);

const ROWS: Readonly<Record<string, () => void>> = {
  'boxes with labels': draw(five(() => ({}))),
  'boxes at an angle': draw(five((left) => ({ polygon: [[left, 200], [left + 160, 160], [left + 200, 520], [left + 40, 560]] }))),
  'keypoints and limbs': draw(five((left) => ({ keypoints: KEYPOINTS.map((name, i) => ({ name, x: left + 20 + ((i * 61) % 160), y: 180 + i * 20, score: 0.9 })) }))),
  masks: draw(five((left) => ({ segmentation: { polygons: [outline(left)] } }))),
  'classes that fill the picture': draw(whole.map((top, classId) => ({ label: 'road', score: null, classId, segmentation: { polygons: [[0, top, 1280, top, 1280, top + 144, 0, top + 144]] } }))),
  'classes as text': draw(whole.map((_, classId) => ({ label: 'malamute', score: 0.6, classId }))),
  'trails of 50 places': () => { drawTrails(planes, trails, place); },
};

function draw(items: readonly Drawable[]): () => void {
  return () => { drawDetections(planes, items, place); };
}

for (const [what, run] of Object.entries(ROWS)) {
  for (let n = 0; n < 50; n++) run();
  const times = Array.from({ length: FRAMES }, () => {
    const start = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / 1000;
  }).sort((a, b) => a - b);
  process.stdout.write(`${what.padEnd(32)}${(times[FRAMES / 2] ?? 0).toFixed(3)} ms\n`);
}
