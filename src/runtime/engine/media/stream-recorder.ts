import type { AlgoResult, Frame, RecorderPlan } from '../../base/index.js';
import type { Overlay } from '../../record/index.js';
import type { DeliveredFrame } from './delivered-frame.js';

/** What a new recording must know of the stream at this moment. */
export type RecordingSetting = {
  /** Size of the file's pictures. */
  readonly size: { readonly width: number; readonly height: number };
  readonly fps: { readonly num: number; readonly den: number };
  readonly epoch: number;
};

/** A recorder of a stream: of the whole run, in segments, or of clips. */
export interface StreamRecorder {
  readonly plan: RecorderPlan;
  readonly isActive: boolean;
  start(): void;
  /** Finishes what is being written beside the frames that come. */
  stop(): void;
  /** Stops; resolves when all files are finished. */
  close(): Promise<void>;
  /** Writes one frame: the picture with its overlays drawn, or `processed` in its place. */
  write(frame: DeliveredFrame, setting: RecordingSetting, content: { overlays: readonly Overlay[]; processed?: Frame }): Promise<void>;
  /** An algo's result, which may be an event; absent: it makes no clips. */
  see?(result: AlgoResult): void;
  /** Makes a clip around the newest frame; absent as above. */
  clip?(): void;
}
