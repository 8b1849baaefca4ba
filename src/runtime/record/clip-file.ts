import { type Clock, type RecordedClip, type RecorderPlan, toWire } from '../base/index.js';
import { type EncodedFile, finishMp4, type FrameEncoder } from '../media/index.js';
import type { ClipWindow } from './clip-windows.js';
import type { RingFrame } from './encoded-ring.js';
import { PartKeeper } from './part-keeper.js';
import { fillPathTemplate } from './path-template.js';
import { discardFile, publishFile, reserveFile, type ReservedFile } from './reserved-file.js';

export type ClipFileOptions = {
  readonly plan: RecorderPlan;
  readonly stream: { readonly name: string; readonly epoch: number };
  readonly clock: Clock;
};

/** The file of one clip while it is written. */
export class ClipFile {
  readonly window: ClipWindow;
  readonly #file: ReservedFile;
  readonly #out: EncodedFile;
  readonly #keeper: PartKeeper;
  #first: RingFrame | undefined;
  #last: RingFrame | undefined;
  #frames = 0;

  private constructor(window: ClipWindow, parts: { readonly file: ReservedFile; readonly out: EncodedFile; readonly keeper: PartKeeper }) {
    this.window = window;
    this.#file = parts.file;
    this.#out = parts.out;
    this.#keeper = parts.keeper;
  }

  /** Throws `RECORD_OPEN_FAILED`, and `OPTION_INVALID` for a wrong template. */
  static async open(encoder: FrameEncoder, window: ClipWindow, { plan, stream, clock }: ClipFileOptions): Promise<ClipFile> {
    const path = fillPathTemplate(plan, { stream: stream.name, epoch: stream.epoch, date: clock.date() });
    const file = await reserveFile(path, 'numbered');
    let out: EncodedFile | undefined;
    try {
      out = await encoder.openFile(file.part);
      return new ClipFile(window, { file, out, keeper: await PartKeeper.open(file.part, clock) });
    } catch (error) {
      await out?.destroy();
      await discardFile(file);
      throw error;
    }
  }

  /** Where it will be. */
  get path(): string {
    return this.#file.path;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Frames that come in order; those behind the window's end, and those that it has, are not written. Throws `RECORD_WRITE_FAILED`. */
  async write(frames: readonly RingFrame[]): Promise<void> {
    for (const frame of frames) {
      if (frame.ptsUs > this.window.toUs || frame.ptsUs <= (this.#last?.ptsUs ?? -Infinity)) continue;
      const { failure } = this.#keeper;
      if (failure !== undefined) throw failure;
      await this.#out.write(frame);
      this.#first ??= frame;
      this.#last = frame;
      this.#frames += 1;
    }
  }

  /** Finishes the file and gives it its name. Throws `RECORD_WRITE_FAILED`; the temporary file is then what it was. */
  async close(): Promise<FinishedClip> {
    await this.#keeper.close();
    await this.#out.close();
    return this.#named(await publishFile(this.#file, { existing: 'numbered' }));
  }

  /** After a failure: what is whole gets its name, if there is any of it. */
  async saveWhole(): Promise<FinishedClip | undefined> {
    await this.#letGo();
    const { frames } = await finishMp4(this.#file.part, 'torn');
    this.#frames = frames;
    if (frames > 0) return this.#named(await publishFile(this.#file, { existing: 'numbered' }));
    await discardFile(this.#file);
    return undefined;
  }

  /** Removes it. */
  async discard(): Promise<void> {
    await this.#letGo();
    await discardFile(this.#file);
  }

  async #letGo(): Promise<void> {
    await this.#keeper.close();
    await this.#out.destroy().catch((error: unknown) => toWire(error));
  }

  #named(path: string): FinishedClip {
    const { cause, triggers } = this.window;
    return { path, frames: this.#frames, start: this.#first?.position ?? 0, end: this.#last?.position ?? 0, trigger: cause, triggers };
  }
}

/** A clip that is there for good. */
export type FinishedClip = RecordedClip & { readonly path: string; readonly frames: number };
