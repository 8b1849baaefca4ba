import type { Claim, Figure } from './row.js';

/** What the sides are called. */
export const OURS = 'stream-infer';
export const SEED = { opencv: 'seed OpenCV', pyav: 'seed PyAV' } as const;
export const FFMPEG = 'ffmpeg';

/** `side` takes at least `times` as long as ours. */
export function fasterThan(side: string, times: number): Claim {
  return { against: side, reach: { atLeast: times }, ratio: (of) => of(side, 'wallMs') / of(OURS, 'wallMs') };
}

/** Ours needs at most `part` of what `side` needs. */
export function atMostPartOf(side: string, figure: Figure, part: number): Claim {
  return { against: `${side}, ${figure}`, reach: { atMost: part }, ratio: (of) => of(OURS, figure) / of(side, figure) };
}

/** A figure of ours that is held against a number, not against another side. */
export function atMost(figure: Figure, most: number): Claim {
  return { against: figure, reach: { atMost: most }, ratio: (of) => of(OURS, figure) };
}
