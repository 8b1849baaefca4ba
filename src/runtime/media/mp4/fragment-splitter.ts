import { boxHeader } from './boxes.js';
import { defaultsIn, readFragment, type SampleDefaults } from './samples.js';

/** A fragment of one frame, as it was; time in ticks of the track, which are microseconds. */
export type FragmentOfOne = { readonly ptsUs: number; readonly isKey: boolean; readonly data: Buffer };

/** Cuts a fragmented mp4 of one frame a fragment that comes in pieces: the head first, then frame by frame. */
export class FragmentSplitter {
  readonly #onFragment: (fragment: FragmentOfOne) => void;
  #rest: Buffer[] = [];
  #restBytes = 0;
  /** Bytes that the box at the beginning takes; 8: that is not known yet. */
  #neededBytes = 8;
  readonly #headParts: Buffer[] = [];
  #head: Buffer | undefined;
  #defaults: SampleDefaults | undefined;
  #moof: Buffer | undefined;

  constructor(onFragment: (fragment: FragmentOfOne) => void) {
    this.#onFragment = onFragment;
  }

  /** What goes before the fragments in a file; undefined: it has not come yet. */
  get head(): Buffer | undefined {
    return this.#head;
  }

  push(bytes: Buffer): void {
    this.#rest.push(bytes);
    this.#restBytes += bytes.length;
    if (this.#restBytes < this.#neededBytes) return;
    let all = Buffer.concat(this.#rest);
    for (let header = boxHeader(all); ; header = boxHeader(all)) {
      this.#neededBytes = header?.bytes ?? 8;
      if (header === undefined || all.length < header.bytes) break;
      this.#take(header.type, all.subarray(0, header.bytes), header.headerBytes);
      all = all.subarray(header.bytes);
    }
    this.#rest = [all];
    this.#restBytes = all.length;
  }

  #take(type: string, box: Buffer, headerBytes: number): void {
    if (type === 'moof') this.#moof = box;
    else if (type === 'mdat' && this.#moof !== undefined) this.#giveFragment(this.#moof, box);
    else if (this.#defaults === undefined) this.#headParts.push(box);
    if (type !== 'moov') return;
    this.#defaults = defaultsIn(box.subarray(headerBytes));
    this.#head = Buffer.concat(this.#headParts);
  }

  #giveFragment(moof: Buffer, mdat: Buffer): void {
    this.#moof = undefined;
    const fragment = this.#defaults && readFragment(moof.subarray(8), 0, this.#defaults);
    const [sample] = fragment?.samples ?? [];
    // a copy: the pieces are to be let go of
    if (fragment !== undefined && sample !== undefined) this.#onFragment({ ptsUs: fragment.decodeTime + sample.delay, isKey: sample.isKey, data: Buffer.concat([moof, mdat]) });
  }
}
