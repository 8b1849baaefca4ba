import type { Trail } from '../vision/index.js';
import type { Overlay } from './overlay.js';

/** Places that a trail has at most. */
const MOST_PLACES = 50;
/** Tracks with a trail at most; of more, those seen last. */
const MOST_TRACKS = 200;
/** Frames after which the trail of a track that is not seen is forgotten. */
const FORGET_AFTER = 50;

type Track = { classId: number; lastFrame: number; readonly places: { readonly x: number; readonly y: number }[] };

/** Where the tracks of a recording's overlays have been: the middle of the lower side of each box, where a thing stands. */
export class Trails {
  readonly #tracks = new Map<string, Track>();
  #frame = 0;

  /** Takes in a frame's overlays. @returns The trails of the tracks seen in it. */
  update(overlays: readonly Overlay[]): Trail[] {
    this.#frame += 1;
    const seen = overlays.flatMap(({ algo, items }) => items.flatMap(({ trackId, box, classId }) => (trackId === undefined || !box ? [] : [this.#add(`${trackId} ${algo}`, box, classId)])));
    for (const [key, { lastFrame }] of this.#tracks) {
      if (this.#tracks.size <= MOST_TRACKS && this.#frame - lastFrame <= FORGET_AFTER) continue;
      this.#tracks.delete(key);
    }
    return seen;
  }

  /** The newest tracks are the map's last. */
  #add(key: string, box: { readonly xmin: number; readonly xmax: number; readonly ymax: number }, classId: number): Track {
    const track = this.#tracks.get(key) ?? { classId, lastFrame: 0, places: [] };
    this.#tracks.delete(key);
    this.#tracks.set(key, track);
    const place = { x: (box.xmin + box.xmax) / 2, y: box.ymax };
    const last = track.places.at(-1);
    // a result is drawn into every frame until the next one comes
    if (last?.x !== place.x || last.y !== place.y) track.places.push(place);
    if (track.places.length > MOST_PLACES) track.places.shift();
    track.classId = classId;
    track.lastFrame = this.#frame;
    return track;
  }
}
