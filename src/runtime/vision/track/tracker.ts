import { type Box, iou } from '../box.js';
import { bestFirst, type ScoredBox } from '../nms.js';
import { assign } from './assign.js';
import { Track } from './track.js';

/** From this score on a box is trusted: it is matched first and may begin a track. Ultralytics' `track_high_thresh`. */
const TRUSTED = 0.25;
/** A track that was not seen is kept for so many seconds (ByteTrack's 30 frames, doubled for slower runs), and for so many runs. */
const KEPT_SEC = 2;
const KEPT_RUNS = 2;
/** Whether a track goes on that was not seen in the last `missed` runs, `seenAtSec` being when it was. */
export function isTrackKept({ missed, seenAtSec }: { readonly missed: number; readonly seenAtSec: number }, atSec: number): boolean {
  return missed <= KEPT_RUNS || atSec - seenAtSec <= KEPT_SEC;
}

/** Boxes followed at most, best first: matching takes the third power of their number. */
const MOST = 300;

/** One way to match what is left: the boxes it takes, and how alike a track's box and one of them must be. */
type Round = {
  readonly takes: (box: ScoredBox) => boolean;
  readonly sameClass: boolean;
  readonly overlap: (a: Box, b: Box) => number;
  readonly least: number;
};

/**
 * ByteTrack (Zhang and others, 2022): boxes that are trusted first, then weak ones, which bridge moments at which a thing is half
 * hidden. Then those whose class flickers; and, for runs far apart, boxes near each other that no longer overlap: with each side
 * grown by half its length, as in C-BIoU (Yang and others, 2023).
 */
const ROUNDS: readonly Round[] = [
  { takes: isTrusted, sameClass: true, overlap: iou, least: 0.2 },
  { takes: (box) => !isTrusted(box), sameClass: true, overlap: iou, least: 0.5 },
  { takes: isTrusted, sameClass: false, overlap: iou, least: 0.5 },
  { takes: isTrusted, sameClass: true, overlap: (a, b) => iou(grown(a), grown(b)), least: 0.05 },
];

/** Follows things from run to run: the same thing gets the same number. */
export class Tracker {
  #tracks: Track[] = [];
  #nextId = 1;
  #atSec = -Infinity;

  /**
   * The boxes that a run found, `atSec` seconds into the stream; at an earlier time than the last it begins anew.
   * @returns For each box its track's number, from 1; undefined: it is followed by none, being weak or one of too many.
   */
  update(boxes: readonly ScoredBox[], atSec: number): (number | undefined)[] {
    if (atSec < this.#atSec) this.reset();
    this.#atSec = atSec;
    for (const track of this.#tracks) {
      track.predict(atSec);
      track.missed += 1;
    }
    const followed = new Map<ScoredBox, Track>();
    const candidates = bestFirst(boxes).slice(0, MOST);
    for (const round of ROUNDS) this.#match(round, candidates.filter((box) => !followed.has(box)), followed);
    for (const box of candidates) if (!followed.has(box) && isTrusted(box)) followed.set(box, this.#begin(box));
    this.#tracks = this.#tracks.filter((track) => isTrackKept(track, atSec));
    return boxes.map((box) => followed.get(box)?.id);
  }

  /** What was seen before belongs to another time. Numbers go on. */
  reset(): void {
    this.#tracks = [];
    this.#atSec = -Infinity;
  }

  #match({ takes, sameClass, overlap, least }: Round, left: readonly ScoredBox[], followed: Map<ScoredBox, Track>): void {
    const free = this.#tracks.filter(({ missed }) => missed > 0);
    const pairs = assign(free, left.filter(takes), (track, box) => {
      const like = sameClass && track.classId !== box.classId ? 0 : overlap(track.box, box);
      return like >= least ? like : 0;
    });
    for (const [track, box] of pairs) {
      track.see(box, box.classId);
      followed.set(box, track);
    }
  }

  #begin(box: ScoredBox): Track {
    const track = new Track(this.#nextId, { box, classId: box.classId, atSec: this.#atSec });
    this.#nextId += 1;
    this.#tracks.push(track);
    return track;
  }
}

function isTrusted({ score }: ScoredBox): boolean {
  return score >= TRUSTED;
}

/** Twice as wide and twice as high. */
function grown({ x1, y1, x2, y2 }: Box): Box {
  const [across, down] = [(x2 - x1) / 2, (y2 - y1) / 2];
  return { x1: x1 - across, y1: y1 - down, x2: x2 + across, y2: y2 + down };
}
