import { StreamInferError } from '../base/index.js';
import type { Picture } from './backend.js';

/** When and how a frame would have been shown. */
export type LeftOutFacts = Pick<Picture, 'ptsUs' | 'sourceIndex' | 'width' | 'height'>;

/** The place of a frame that was not decoded, because nobody was to use it. */
export class LeftOutPicture implements Picture {
  readonly isLeftOut = true;
  readonly ptsUs: number;
  readonly sourceIndex: number;
  readonly width: number;
  readonly height: number;

  constructor({ ptsUs, sourceIndex, width, height }: LeftOutFacts) {
    this.ptsUs = ptsUs;
    this.sourceIndex = sourceIndex;
    this.width = width;
    this.height = height;
  }

  retain(): void {
    // nothing is held
  }

  release(): void {
    // nothing is held
  }

  toPixels(): never {
    throw this.#notThere();
  }

  toTensor(): never {
    throw this.#notThere();
  }

  crop(): never {
    throw this.#notThere();
  }

  toYuv(): never {
    throw this.#notThere();
  }

  #notThere(): StreamInferError {
    return new StreamInferError('INTERNAL', `frame ${String(this.sourceIndex)} was left out, it has no pixels`);
  }
}
