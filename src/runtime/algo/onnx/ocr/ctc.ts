/** Probabilities of each text at each step along a line. */
export type Steps = { readonly data: Float32Array; readonly steps: number; readonly texts: readonly string[] };

/** What was read, and how sure the model is, 0…1; NaN where nothing was. */
export type Reading = { readonly text: string; readonly score: number };

/**
 * The likeliest text at each step, repetitions taken as one and the first, the blank, as none (Graves and others, "Connectionist
 * Temporal Classification", 2006: best path decoding). The score is the mean over the texts kept, as PaddleOCR's.
 */
export function readGreedily({ data, steps, texts }: Steps): Reading {
  let [text, sum, count, before] = ['', 0, 0, 0];
  for (let step = 0; step < steps; step++) {
    const at = step * texts.length;
    let best = 0;
    for (let i = 1; i < texts.length; i++) if ((data[at + i] as number) > (data[at + best] as number)) best = i;
    if (best !== before && best !== 0) {
      text += texts[best] ?? '';
      sum += data[at + best] as number;
      count++;
    }
    before = best;
  }
  return { text, score: sum / count };
}
