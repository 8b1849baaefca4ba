import type { PixelFormat, ProducerOptions } from '../base/index.js';

/** Size and format that the producer gives frames. */
export type Stage = { readonly width: number; readonly height: number; readonly format: PixelFormat };

/** Size of the frames a producer makes: as given; one side missing: the source's aspect; both: the source's size. */
export function stageOf(producer: ProducerOptions, source: { readonly width: number; readonly height: number }): Stage {
  const { width, height, format } = producer;
  if (width !== undefined && height !== undefined) return { width, height, format };
  if (width !== undefined) return { width, height: scaled(source.height, width / source.width), format };
  if (height !== undefined) return { width: scaled(source.width, height / source.height), height, format };
  return { width: source.width, height: source.height, format };
}

function scaled(side: number, factor: number): number {
  return Math.max(2, Math.round(side * factor));
}
